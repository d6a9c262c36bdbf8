/* The transparency log (tlog.h), as messages and time move it. */
#include "agents/privacy/guardian.h"

enum err guardian_on_log_entry(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_entry(&((struct guardian *)self)->log, m);
}

enum err guardian_on_log_model(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_model(&((struct guardian *)self)->log, m);
}

enum err guardian_on_log_cosign(struct agent *a, void *self, const struct msg *m)
{
    (void)a;
    return tlog_take_cosign(&((struct guardian *)self)->log, m);
}

enum err guardian_on_checkpoint(struct agent *a, void *self)
{
    (void)a;
    return tlog_show_all(&((struct guardian *)self)->log);
}
