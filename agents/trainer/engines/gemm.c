#include "agents/trainer/engines/gemm.h"
#include <assert.h>
#include <dnnl.h>

/* From the OpenMP runtime that oneDNN runs on; not every compiler installs its header.  The number is per thread. */
extern void omp_set_num_threads(int n);

void gemm_begin(void) { omp_set_num_threads(1); }

void gemm(size_t m, size_t n, size_t k, struct matrix a, struct matrix b, int add, float *c)
{
    static const char forms[] = { [GEMM_PLAIN] = 'N', [GEMM_TRANSPOSED] = 'T' };
    dnnl_status_t status = dnnl_sgemm(forms[a.form], forms[b.form], (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1, a.p,
                                      (dnnl_dim_t)a.columns, b.p, (dnnl_dim_t)b.columns, add ? 1 : 0, c, (dnnl_dim_t)n);
    assert(status == dnnl_success); /* it only refuses impossible sizes */
    (void)status;
}
