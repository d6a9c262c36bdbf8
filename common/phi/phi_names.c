#include "common/phi/phi_names.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 24, WORDS_MAX = 4 };

/* In alphabetical order. */
/* clang-format off */
static const char *const given[] = {
    "aaron", "abigail", "adam", "ahmed", "aisha", "alan", "albert", "alexander", "alexis", "ali", "alice",
    "amanda", "amber", "amit", "amy", "ananya", "andrea", "andrew", "angel", "angela", "ann", "anna", "anthony",
    "antonio", "arthur", "ashley", "austin", "barbara", "benjamin", "betty", "beverly", "billy", "bobby",
    "bonnie", "brandon", "brenda", "brian", "brittany", "bruce", "bryan", "camille", "carl", "carlos", "carmen",
    "carol", "carolyn", "catherine", "charles", "charlotte", "chen", "cheryl", "christian", "christina",
    "christine", "christopher", "claire", "connie", "crystal", "cynthia", "dana", "daniel", "danielle", "david",
    "deborah", "debra", "denise", "dennis", "diana", "diane", "dmitri", "donald", "donna", "doris", "dorothy",
    "douglas", "dylan", "edith", "edna", "eduardo", "edward", "eleanor", "elena", "elizabeth", "ellen", "emily",
    "emma", "eric", "erin", "ethan", "ethel", "eugene", "evelyn", "fatima", "fernando", "florence", "frances",
    "francesca", "francisco", "frank", "gabriel", "gary", "george", "gerald", "giovanni", "giulia", "gladys",
    "gloria", "grace", "gregory", "guadalupe", "hannah", "hans", "harold", "hassan", "hazel", "heather",
    "hector", "helen", "henry", "holly", "ibrahim", "ingrid", "irene", "isabel", "isabella", "ivan", "jack",
    "jacob", "jacqueline", "james", "janet", "janice", "jason", "javier", "jean", "jeffrey", "jennifer",
    "jeremy", "jerry", "jesse", "jessica", "joan", "joe", "john", "johnny", "jonathan", "jordan", "jorge",
    "jose", "joseph", "josephine", "joshua", "joyce", "juan", "juana", "judith", "judy", "julia", "julie",
    "jurgen", "justin", "karen", "katherine", "kathleen", "kathryn", "kathy", "kayla", "keith", "kelly",
    "kenneth", "kevin", "kimberly", "klaus", "kyle", "larry", "laura", "lauren", "lawrence", "leslie", "linda",
    "lisa", "logan", "lois", "louis", "luca", "lucia", "lucille", "luis", "madison", "manuel", "marco",
    "margaret", "maria", "marie", "marilyn", "mario", "mark", "martha", "mary", "matthew", "megan", "mei",
    "melissa", "michael", "michelle", "miguel", "mohammed", "monica", "muhammad", "nancy", "natalie", "natasha",
    "nathan", "nicholas", "nicole", "noah", "norma", "olga", "olivia", "omar", "oscar", "pamela", "patricia",
    "patrick", "paul", "paula", "pedro", "peggy", "peter", "philip", "phyllis", "pierre", "priya", "rachel",
    "raj", "ralph", "randy", "ravi", "raymond", "rebecca", "ricardo", "richard", "robert", "robin", "roger",
    "ronald", "rosa", "rose", "roy", "russell", "ruth", "ryan", "sally", "samantha", "samuel", "sandra",
    "sanjay", "sara", "sarah", "scott", "sean", "sergei", "sharon", "shirley", "sofia", "sophia", "stacy",
    "stella", "stephanie", "stephen", "steven", "sue", "susan", "svetlana", "sylvia", "tammy", "teresa", "terry",
    "thelma", "theresa", "thomas", "timothy", "tina", "tracy", "tyler", "ursula", "vanessa", "veronica",
    "victoria", "vijay", "vincent", "virginia", "vladimir", "walter", "wanda", "wayne", "wei", "wendy",
    "william", "willie", "yuki", "zachary",
};
static const char *const family[] = {
    "adams", "aguilar", "ahmed", "alexander", "ali", "allen", "alvarado", "alvarez", "anderson", "andrews",
    "armstrong", "arnold", "austin", "bailey", "baker", "banks", "barnes", "becker", "bell", "bennett", "berry",
    "bishop", "black", "bowman", "boyd", "bradley", "brooks", "brown", "bryant", "burke", "burns", "burton",
    "butler", "campbell", "carlson", "carpenter", "carr", "carroll", "carter", "castillo", "castro", "chapman",
    "chavez", "chen", "clark", "cole", "coleman", "collins", "contreras", "cook", "cooper", "cox", "crawford",
    "cruz", "cunningham", "daniels", "davis", "day", "dean", "delgado", "diaz", "dixon", "dominguez", "dubois",
    "duncan", "dunn", "edwards", "elliott", "ellis", "espinoza", "esposito", "estrada", "evans", "ferguson",
    "fernandez", "ferrari", "fields", "fischer", "fisher", "flores", "ford", "foster", "fowler", "fox",
    "franklin", "freeman", "fuller", "garcia", "gardner", "garrett", "garza", "george", "gibson", "gilbert",
    "gomez", "gonzales", "gonzalez", "gordon", "graham", "grant", "gray", "green", "greene", "griffin",
    "guerrero", "gupta", "gutierrez", "guzman", "hall", "hamilton", "hansen", "hanson", "harper", "harris",
    "harrison", "hart", "harvey", "hawkins", "hayes", "henderson", "henry", "hernandez", "herrera", "hicks",
    "hill", "hoffman", "holmes", "howard", "howell", "hudson", "hughes", "hunt", "hunter", "hussain", "ivanov",
    "jackson", "jacobs", "james", "jenkins", "jensen", "jimenez", "johnson", "johnston", "jones", "jordan",
    "kelley", "kelly", "kennedy", "khan", "kim", "king", "knight", "kowalski", "kumar", "lane", "larson",
    "lawrence", "lawson", "le", "lee", "leroy", "lewis", "li", "little", "long", "lopez", "lucas", "luna",
    "lynch", "maldonado", "marquez", "marshall", "martin", "martinez", "mason", "matthews", "mccoy", "mcdonald",
    "medina", "mejia", "mendez", "mendoza", "meyer", "miller", "mills", "mitchell", "montgomery", "moore",
    "morales", "moreau", "moreno", "morgan", "morris", "morrison", "muller", "munoz", "murphy", "murray",
    "myers", "nelson", "nguyen", "nichols", "nowak", "nunez", "obrien", "oliver", "olson", "ortega", "ortiz",
    "owens", "padilla", "palmer", "park", "parker", "patel", "patterson", "payne", "pena", "perez", "perkins",
    "perry", "peters", "peterson", "petrov", "phillips", "pierce", "porter", "powell", "price", "ramirez",
    "ramos", "ray", "reed", "reid", "reyes", "reynolds", "rice", "richards", "richardson", "riley", "rios",
    "rivera", "roberts", "robertson", "robinson", "rodriguez", "rogers", "rojas", "romero", "rose", "ross",
    "rossi", "ruiz", "russell", "russo", "ryan", "salazar", "sanchez", "sanders", "sandoval", "santiago",
    "santos", "sato", "schmidt", "schneider", "schultz", "schulz", "scott", "shah", "sharma", "shaw", "silva",
    "simmons", "simpson", "sims", "singh", "smith", "snyder", "soto", "spencer", "stephens", "stevens",
    "stewart", "stone", "sullivan", "suzuki", "tanaka", "taylor", "thomas", "thompson", "torres", "tran",
    "tucker", "turner", "valdez", "vargas", "vasquez", "vega", "wagner", "walker", "wallace", "walsh", "wang",
    "ward", "warren", "washington", "watkins", "watson", "weaver", "webb", "weber", "welch", "wells", "west",
    "wheeler", "white", "williams", "williamson", "willis", "wilson", "wong", "wood", "woods", "wright",
    "yamamoto", "yang", "young",
};
/* Names that are words, or places. */
static const char *const words[] = {
    "ali", "amber", "angel", "ann", "austin", "baker", "banks", "bell", "bill", "bishop", "black", "brown",
    "carol", "carpenter", "chapman", "charlotte", "christian", "cole", "cook", "cooper", "crystal", "dana",
    "day", "dean", "faith", "fields", "fisher", "florence", "ford", "fox", "frank", "franklin", "gardner",
    "grace", "grant", "gray", "green", "hall", "harper", "hart", "hazel", "hill", "holly", "hope", "hunter",
    "jack", "jean", "joe", "jordan", "joy", "key", "king", "knight", "lane", "le", "lee", "li", "little",
    "logan", "long", "madison", "mark", "mason", "may", "mei", "mills", "page", "paris", "park", "patch",
    "perry", "porter", "price", "ray", "reed", "rice", "robin", "rose", "ruby", "rule", "scott", "short",
    "stone", "sue", "tracy", "turner", "virginia", "walker", "ward", "washington", "wei", "wells", "west",
    "white", "will", "wood", "woods", "young",
};
/* What follows a name in the name of a place or a thing; and what our own sentences begin with. */
static const char *const things[] = {
    "a", "agent", "agents", "algorithm", "and", "at", "avenue", "broker", "budget", "building", "by", "can",
    "cancer", "care", "center", "centre", "children", "church", "city", "clinic", "college", "column", "columns",
    "coordinator", "county", "curve", "data", "department", "descent", "distribution", "epsilon", "error",
    "federation", "file", "files", "for", "foundation", "from", "general", "guardian", "had", "hall", "has",
    "health", "her", "his", "hospital", "house", "id", "identifier", "identifiers", "ids", "in", "index",
    "institute", "is", "key", "keys", "level", "list", "may", "medical", "memorial", "message", "messages",
    "method", "model", "models", "monitor", "must", "name", "names", "network", "noise", "not", "number",
    "numbers", "of", "on", "or", "our", "park", "policy", "record", "records", "regional", "registry", "road",
    "round", "rounds", "run", "runs", "said", "says", "schema", "school", "score", "scores", "server", "set",
    "site", "sites", "state", "street", "study", "table", "task", "tasks", "test", "test-set", "tests", "that",
    "the", "their", "these", "this", "to", "trainer", "transform", "trial", "unit", "university", "value",
    "values", "ward", "was", "will", "with", "your",
};
/* clang-format on */

static int by_name(const void *key, const void *row) { return strcmp(key, *(const char *const *)row); }

static bool listed(struct str word, const char *const *list, size_t n)
{
    char z[NAME_BYTES];
    if (word.n == 0 || str_copy(word, z, sizeof z) != OK) return false;
    for (char *c = z; *c; c++) *c = (char)tolower((unsigned char)*c);
    return bsearch(z, list, n, sizeof *list, by_name) != NULL;
}

#define LISTED(word, list) listed((word), (list), sizeof(list) / sizeof(list)[0])

bool phi_name_given(struct str word) { return LISTED(word, given); }
bool phi_name_family(struct str word) { return LISTED(word, family); }

/* The words of the text, initials left out; of a word with a hyphen or an apostrophe the last part counts as well. */
struct words {
    struct str w[WORDS_MAX];
    size_t n;
};

static struct words words_of(struct str s)
{
    struct words out = { .n = 0 };
    size_t from = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && (isalpha((unsigned char)s.p[i]) || strchr("'-", s.p[i]))) continue;
        if (i - from > 1) { /* the last ones are kept */
            if (out.n == WORDS_MAX) memmove(out.w, out.w + 1, --out.n * sizeof out.w[0]);
            out.w[out.n++] = (struct str){ s.p + from, i - from };
        }
        from = i + 1;
    }
    return out;
}

bool phi_is_person(struct str found)
{
    struct words s = words_of(found);
    if (s.n < 2) return false;
    struct str a = s.w[0];
    struct str b = s.w[s.n - 1];
    if (LISTED(a, things) || LISTED(b, things)) return false;
    if (memchr(found.p, ',', found.n)) return phi_name_family(a) && phi_name_given(b);
    if ((phi_name_given(a) && phi_name_family(b)) || (phi_name_family(a) && phi_name_given(b))) return true;
    return (phi_name_given(a) && !LISTED(a, words)) || (phi_name_family(b) && !LISTED(b, words));
}

bool phi_is_people(struct str found)
{
    struct words s = words_of(found);
    if (s.n != 2 || LISTED(s.w[0], words) || LISTED(s.w[1], words)) return false;
    return (phi_name_given(s.w[0]) && phi_name_family(s.w[1])) || (phi_name_family(s.w[0]) && phi_name_given(s.w[1]));
}

bool phi_has_name(struct str found)
{
    struct words s = words_of(found);
    if (s.n == 0) return false;
    struct str last = s.w[s.n - 1];
    return (phi_name_given(last) || phi_name_family(last)) && (isupper((unsigned char)*last.p) || !LISTED(last, words));
}

bool phi_is_called(struct str found)
{
    struct words s = words_of(found);
    return s.n >= 2 && !LISTED(s.w[s.n - 1], things) && !LISTED(s.w[s.n - 2], things);
}
