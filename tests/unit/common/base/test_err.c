#include "common/base/err.h"
#include <criterion/criterion.h>
Test(err, names) { cr_expect_str_eq(err_name(OK), "OK"); }
