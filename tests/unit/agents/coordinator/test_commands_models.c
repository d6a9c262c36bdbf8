#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>

Test(commands_models, list_show_export)
{
    static const struct {
        const char *says;
        const char *answer;
    } rows[] = {
        { "models list", "logistic 2-1" },
        { "models show toy", "\"run\": \"toy-1\"" },
        { "how good is toy", "\"auc\": 0.75" },
        { "models show toy 1", "\"data_contract\": [" },
        { "models show toy 2", "There is no such model of toy" },
        { "models export toy 1", "toy-1.safetensors and .card.json are written" },
    };
    struct house h;
    house_open(&h, NULL, (const char *const[]){ "honest", "honest", NULL });
    (void)house_say(&h, "start toy");
    cr_expect(house_until_over(&h));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) cr_expect(house_says(&h, rows[i].says, rows[i].answer));
    house_close(&h);
}
