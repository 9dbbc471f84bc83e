/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <libproc.h>
#include <mach-o/dyld.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dyld.h"
#include "text.h"

const char host_library_name[] = "liblazyzero.dylib";
const char host_preload_variable[] = "DYLD_INSERT_LIBRARIES";
const char host_preload_separators[] = ":";
const char host_preload_places[] = "DYLD_INSERT_LIBRARIES";
const double host_peak_unit = 1; /* KiB elsewhere */

/* Homebrew's on Apple silicon and on Intel, and MacPorts'. */
const char *const host_library_folders[] = {
    "/opt/homebrew/lib",
    "/usr/local/lib",
    "/opt/local/lib",
    NULL,
};

char *
host_library_file(const char *stem, const char *version)
{
    return text_format("%s.%s.dylib", stem, version);
}

char *
host_own_path(void)
{
    char none[1], *path, *whole;
    uint32_t size = sizeof(none);

    if (_NSGetExecutablePath(none, &size) == 0)
        return NULL;
    path = calloc(1, size);
    if (path == NULL || _NSGetExecutablePath(path, &size) != 0) {
        free(path);
        return NULL;
    }
    whole = realpath(path, NULL);
    free(path);
    return whole;
}

double
host_resident(pid_t process)
{
    struct proc_taskinfo info;

    if (proc_pidinfo(process, PROC_PIDTASKINFO, 0, &info, sizeof(info)) !=
        (int)sizeof(info))
        return 0;
    return (double)info.pti_resident_size;
}

/* Of other processes macOS tells what is resident, shared or not. */
double
host_tree_memory(pid_t process)
{
    (void)process;
    return 0;
}

/* Its ptrace(2) has no stop at the end of a process. */
struct host_ends *
host_ends_start(pid_t pid)
{
    (void)pid;
    return NULL;
}

void
host_ends_wait(struct host_ends *ends)
{
    (void)ends;
}

double
host_ends_memory(struct host_ends *ends, double *peak)
{
    (void)ends;
    (void)peak;
    return NAN;
}

/* malloc's memory is never made of huge pages. */
double
host_huge_faults(void)
{
    return 0;
}

double
host_huge_size(void)
{
    return 0;
}

char *
host_describe(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct utsname name;
    char version[32] = "";
    size_t size = sizeof(version);

    uname(&name);
    sysctlbyname("kern.osproductversion", version, &size, NULL, 0);
    return text_format("macOS %s %s, %ld core%s, %ld KiB pages", version,
                       name.machine, cores, cores == 1 ? "" : "s",
                       sysconf(_SC_PAGESIZE) / 1024);
}

/* By where it lies, or by its mark (ls -lO: restricted). */
static bool
is_protected(const char *executable)
{
    char *whole = realpath(executable, NULL);
    struct stat status;
    bool is = whole != NULL && dyld_is_protected(whole);

    if (stat(executable, &status) == 0 &&
        (status.st_flags & SF_RESTRICTED) != 0)
        is = true;
    free(whole);
    return is;
}

char *
host_privilege(const char *executable)
{
    if (host_changes_user(executable))
        return text_format("%s is set-user-ID or set-group-ID: dyld ignores "
                           "DYLD_INSERT_LIBRARIES for it. Run a copy of it "
                           "without that bit",
                           executable);
    if (is_protected(executable))
        return text_format("%s is protected by System Integrity Protection: "
                           "dyld drops DYLD_INSERT_LIBRARIES for it and for "
                           "what it starts. Run another build of it "
                           "(Homebrew's); of a script, the interpreter by name",
                           executable);
    return NULL;
}

/* dyld(1). All processes write behind each other's lines; where dyld does not
 * take the name of a file, there is none. */
static char *
log_name(const char *folder)
{
    return text_format("%s/dyld", folder);
}

void
host_trace_bindings(const char *folder)
{
    char *log = log_name(folder);

    setenv("DYLD_PRINT_LIBRARIES", "1", 1);
    setenv("DYLD_PRINT_TO_FILE", log, 1);
    free(log);
}

enum host_proof
host_read_bindings(const char *folder, pid_t pid, const char *library)
{
    char *log = log_name(folder);
    enum host_proof proof = dyld_read_log(log, pid, library);

    free(log);
    return proof;
}
