# Looks for the libraries whose primitives are measured beside ours where they are installed, and tells
# reference/optional.hpp which are there and why the others are not. -DSYNCBENCH_WITH_ABSL=OFF leaves one out.

# syncbench_optional(<LIBRARY> <its name> <Debian package> SEEN|UNSEEN <target>...): links the targets if all are there.
# UNSEEN: it synchronizes in compiled code or in assembly, where ThreadSanitizer does not see it and reports races that
# are none. AddressSanitizer misses what happens in there and reports nothing false.
function(syncbench_optional library name package visibility)
  option(SYNCBENCH_WITH_${library} "Measure the primitives of ${name}, if ${package} is installed" ON)
  set(reason "")
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      set(reason "not found: install ${package} and configure again")
    endif()
  endforeach()
  if(SYNCBENCH_SANITIZE MATCHES thread AND visibility STREQUAL UNSEEN)
    set(reason "left out: ThreadSanitizer does not see how it synchronizes")
  endif()
  if(NOT SYNCBENCH_WITH_${library})
    set(reason "left out: configured with SYNCBENCH_WITH_${library}=OFF")
  endif()
  target_compile_definitions(syncbench_primitives INTERFACE "SYNCBENCH_NO_${library}=\"${reason}\"")
  if(reason)
    message(STATUS "${name}: ${reason}")
  else()
    target_compile_definitions(syncbench_primitives INTERFACE SYNCBENCH_HAS_${library})
    target_link_libraries(syncbench_primitives INTERFACE ${ARGN})
  endif()
endfunction()

# syncbench_find(<target> <header> <library>): a library that does not come with a CMake package.
function(syncbench_find target header library)
  find_path(SYNCBENCH_${library}_HEADERS ${header})
  find_library(SYNCBENCH_${library}_LIBRARY ${library})
  mark_as_advanced(SYNCBENCH_${library}_HEADERS SYNCBENCH_${library}_LIBRARY)
  if(SYNCBENCH_${library}_HEADERS AND SYNCBENCH_${library}_LIBRARY)
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION ${SYNCBENCH_${library}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${SYNCBENCH_${library}_HEADERS})
  endif()
endfunction()

set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # other folders link them through syncbench::primitives

find_package(absl CONFIG QUIET)
syncbench_optional(ABSL "Abseil" libabsl-dev UNSEEN absl::synchronization absl::time)

find_package(TBB CONFIG QUIET)
syncbench_optional(TBB "oneTBB" libtbb-dev SEEN TBB::tbb)

syncbench_find(syncbench_nsync nsync.h nsync_cpp)
syncbench_optional(NSYNC "nsync" libnsync-dev UNSEEN syncbench_nsync)

syncbench_find(syncbench_ck ck_spinlock.h ck)
syncbench_optional(CK "Concurrency Kit" libck-dev UNSEEN syncbench_ck)
