#include "agents/trainer/engines/gemm.h"
#include <blis.h>
#include <cblas.h>

void gemm_begin(void) { bli_thread_set_num_threads(1); }

void gemm(size_t m, size_t n, size_t k, struct matrix a, struct matrix b, int add, float *c)
{
    static const enum CBLAS_TRANSPOSE forms[] = { [GEMM_PLAIN] = CblasNoTrans, [GEMM_TRANSPOSED] = CblasTrans };
    cblas_sgemm(CblasRowMajor, forms[a.form], forms[b.form], (f77_int)m, (f77_int)n, (f77_int)k, 1, a.p,
                (f77_int)a.columns, b.p, (f77_int)b.columns, add ? 1 : 0, c, (f77_int)n);
}
