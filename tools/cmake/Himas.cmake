# How this house is built: one function per kind of part.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

# A broken invariant ends the process in every build: no NDEBUG.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O3 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2")

option(HIMAS_TESTS "build the tests" ON)
option(HIMAS_FUZZ "build the fuzz targets with libFuzzer (clang)" OFF)
set(HIMAS_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them")
option(HIMAS_COVERAGE "measure line coverage" OFF)

add_compile_definitions(_DEFAULT_SOURCE _POSIX_C_SOURCE=200809L HIMAS_VERSION="${PROJECT_VERSION}")
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
                    -Wno-missing-field-initializers -fno-omit-frame-pointer)
include_directories(${CMAKE_SOURCE_DIR})
if(HIMAS_SANITIZE)
    add_compile_options(-fsanitize=${HIMAS_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${HIMAS_SANITIZE})
endif()
if(HIMAS_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(HIMAS_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()

# himas_module(common/base USES other modules LIBS libraries): a static library of every source below the folder, named as
# the folder or as NAME says;
# a folder still without sources is a name to link to and nothing else.
function(himas_module folder)
    cmake_parse_arguments(PART "" "NAME" "USES;LIBS" ${ARGN})
    get_filename_component(name ${folder} NAME)
    if(PART_NAME)
        set(name ${PART_NAME})
    endif()
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
    list(FILTER sources EXCLUDE REGEX "/main\\.c$")
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC ${PART_USES} ${PART_LIBS})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ${PART_USES} ${PART_LIBS})
    endif()
endfunction()

# himas_agent(trainer FOLDER folder LIBS libraries): the agent's folder, of its own name where none is said, as a library,
# and the program himas-trainer, whose main() is the runtime's.
function(himas_agent agent)
    cmake_parse_arguments(PART "" "FOLDER" "LIBS" ${ARGN})
    set(folder ${agent})
    if(PART_FOLDER)
        set(folder ${PART_FOLDER})
    endif()
    himas_module(agents/${folder} NAME ${agent} USES runtime terms wire learn privacy crypto base LIBS ${PART_LIBS} m)
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/agents/${folder}/agent.c OR NOT EXISTS ${CMAKE_SOURCE_DIR}/common/runtime/main.c)
        return()
    endif()
    add_executable(himas-${agent} ${CMAKE_SOURCE_DIR}/common/runtime/main.c)
    target_compile_definitions(himas-${agent} PRIVATE AGENT=${agent}_agent)
    target_link_libraries(himas-${agent} PRIVATE ${agent})
endfunction()
