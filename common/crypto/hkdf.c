#include "common/crypto/hkdf.h"
#include "common/crypto/openssl.h"

static void free_kdf(EVP_KDF **kdf) { EVP_KDF_free(*kdf); }
static void free_ctx(EVP_KDF_CTX **ctx) { EVP_KDF_CTX_free(*ctx); }

/* OpenSSL's parameters take non-const pointers but only read them; it wants one even for no bytes. */
static OSSL_PARAM octets(const char *name, struct bytes b)
{
    static const uint8_t none[1] = { 0 };
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(b.n ? b.p : none), b.n);
}

static enum err derive(int mode, struct bytes key, struct bytes salt, struct bytes info, uint8_t *out, size_t n)
{
    if (n == 0 || n > HKDF_MAX_BYTES) return ERR_LIMIT;
    EVP_KDF *kdf CLEANUP(free_kdf) = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    EVP_KDF_CTX *ctx CLEANUP(free_ctx) = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        octets(OSSL_KDF_PARAM_KEY, key),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    return ctx != NULL && EVP_KDF_derive(ctx, out, n, params) == 1 ? OK : ERR_MEMORY;
}

enum err hkdf_sha256(struct bytes secret, struct bytes salt, struct bytes info, uint8_t *out, size_t n)
{
    return derive(EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, secret, salt, info, out, n);
}

enum err hkdf_extract(struct bytes secret, struct bytes salt, uint8_t out[HKDF_PRK_BYTES])
{
    return derive(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, secret, salt, bytes_of(NULL, 0), out, HKDF_PRK_BYTES);
}

enum err hkdf_expand(const uint8_t prk[HKDF_PRK_BYTES], struct bytes info, uint8_t *out, size_t n)
{
    return derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, bytes_of(prk, HKDF_PRK_BYTES), bytes_of(NULL, 0), info, out, n);
}
