# Short names for tools/*.sh; each of those tells at its top what it does.
.PHONY: help demo test check bench fuzz soak clean
FUZZ_SECONDS ?= 600

help:
	@echo "make demo    three hospitals train together through a real broker, on this machine"
	@echo "make test    build; unit, simulation and end-to-end tests; ends with the counts"
	@echo "make check   formatting, static analysis, layers, sizes, sanitizers, fuzzing, generated files"
	@echo "make bench   measurements"
	@echo "make fuzz    each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)"
	@echo "make soak    a million simulated schedules, resumable; SOAK_SECONDS=600 ends after ten minutes"
	@echo "make clean   removes build/"
demo:
	@tools/demo.sh
test:
	@tools/install-deps.sh
	@tools/build.sh release
	@tools/test.sh build/release
check:
	@tools/check.sh
bench:
	@tools/install-deps.sh build
	@tools/bench.sh
fuzz:
	@tools/install-deps.sh build check
	@tools/build.sh fuzz:fuzzers
	@tools/fuzz.sh $(FUZZ_SECONDS)
soak:
	@tools/install-deps.sh build
	@tools/build.sh release
	@tools/soak.sh build/release
clean:
	rm -rf build
