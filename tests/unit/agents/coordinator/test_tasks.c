#include "agents/coordinator/tasks.h"
#include "common/base/file.h"
#include "tests/unit/agents/coordinator/house.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = { "b.yaml", "a.yaml", "bad.yaml", "again.yaml", "notes.txt" };

static void put(const char *dir, size_t i)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
    struct str text = i == 2 ? STR("name: [") : str_of(house_task);
    struct buf copy CLEANUP(buf_free) = buf_make(1 << 16);
    buf_add_str(&copy, text);
    if (i == 0) memcpy(strstr((char *)copy.p, "toy"), "boy", 3);
    cr_assert(file_write(path, buf_bytes(&copy), 0600, NULL) == OK);
}

Test(tasks, a_bad_file_is_named_and_the_others_load)
{
    char dir[] = "/tmp/himas-tasks-XXXXXX";
    struct tasks t = { 0 };
    struct why why = { 0 };
    cr_assert(mkdtemp(dir) != NULL);
    for (size_t i = 0; i < 5; i++) put(dir, i);
    cr_assert(tasks_init(&t, dir, &why) == OK, "%s", why.text);
    cr_assert(t.count == 4);
    cr_expect_str_eq(t.files[0].file, "a.yaml");
    cr_expect(t.files[0].good && !t.files[1].good && t.files[2].good && !t.files[3].good);
    cr_expect(strstr(t.files[1].why.text, "again.yaml has the task name of a.yaml"), "%s", t.files[1].why.text);
    cr_expect(strstr(t.files[3].why.text, "bad.yaml"), "%s", t.files[3].why.text);
    cr_expect(tasks_find(&t, STR("boy")) == &t.files[2] && tasks_find(&t, STR("bad")) == NULL);
    cr_expect_str_eq(tasks_near(&t, STR("tpy")), "toy");
    cr_expect(strlen(t.files[0].digest) == 64);
    tasks_fini(&t);
    tasks_fini(&t);
    for (size_t i = 0; i < 5; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

Test(tasks, directories)
{
    struct tasks t = { 0 };
    struct why why = { 0 };
    cr_expect(tasks_init(&t, "", &why) == OK && t.count == 0, "none is none");
    tasks_fini(&t);
    cr_expect(tasks_init(&t, "/nowhere/at/all", &why) == ERR_SETTING && strstr(why.text, "/nowhere/at/all"));
    tasks_fini(&t);
}

/* 58 kB of line ends are 116 kB of JSON. */
Test(tasks, too_long_for_a_message)
{
    struct task_file f;
    struct buf text CLEANUP(buf_free) = buf_make(TASK_MAX_BYTES);
    buf_add_z(&text, house_task);
    while (text.n < 58000) buf_add_z(&text, "\n");
    cr_assert(task_file_init(&f, "x.yaml", buf_str(&text)) == OK);
    cr_expect(!f.good && strstr(f.why.text, "too long to be sent"), "%s", f.why.text);
    task_file_fini(&f);
}

/* SHA-256 of "abc", FIPS 180-2 appendix B.1 */
Test(tasks, the_digest_is_of_the_exact_text)
{
    struct task_file f;
    cr_assert(task_file_init(&f, "x.yaml", STR("abc")) == OK);
    cr_expect_str_eq(f.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_expect(!f.good && f.why.text[0]);
    task_file_fini(&f);
}
