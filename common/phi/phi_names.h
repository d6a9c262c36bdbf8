/*
 * phi_names -- common given names and surnames, and words that only look so.
 *
 * The lists hold what is frequent in the United States (Census); they are not
 * complete, which is why titles and cue words have rows of their own.
 */
#pragma once
#include "common/phi/phi_check.h"

bool phi_name_given(struct str word); /* any case */
bool phi_name_family(struct str word);

phi_check_fn phi_is_person; /* a given name and a family name in either order; or one of them that is no common word,
                               with a word that is not from the names of places and things */
phi_check_fn phi_is_people; /* the same whatever the case: both are names, and neither is a common word */
phi_check_fn phi_has_name;  /* its last word is a name; in small letters only when it is no common word */
phi_check_fn phi_is_called; /* its last two words are not words of ours, as "Data" or "Record" */
