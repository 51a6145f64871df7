# Run at every build: writes build_info.hpp with the revision the sources are at, marked "-dirty" if they were changed.
# The file is left alone when nothing in it changes, so that nothing is rebuilt.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE SYNCBENCH_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
