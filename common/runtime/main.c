/* The only main(): which agent it runs is the build's word (AGENT). */
#include "common/runtime/main.h"

extern const struct agent_def AGENT;

int main(int argc, char **argv) { return agent_main(&AGENT, argc, argv); }
