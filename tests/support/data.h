/*
 * data -- real data for tests, where they are at hand.
 *
 * They lie in the folder named by HIMAS_SHARED_DATA, or else in ../shared/data
 * beside the sources.  A test that finds none says so and is skipped.
 */
#pragma once

enum { DATA_PATH_BYTES = 4096 };

/* The path of a file in that folder, in out; NULL when it cannot be read. */
const char *data_path(const char *name, char out[DATA_PATH_BYTES]);
