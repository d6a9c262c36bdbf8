/*
 * openssl -- the one place that includes <openssl/...>: it has a type called
 * ERR_STATE, as we have an error, so it is read under another name.
 */
#pragma once
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#undef ERR_STATE
