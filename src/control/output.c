/* SPDX-License-Identifier: MIT */
#include "control/output.h"

#include "base/text.h"
#include "control/log.h"
#include "control/options.h"

/* The name with the process for %p, in `path`. */
static void
expand(const char *name, char *path, size_t size)
{
    struct lz_text text = lz_text_in(path, size);

    for (; *name != '\0'; name++) {
        if (name[0] == '%' && name[1] == 'p') {
            lz_text_number(&text, (uintmax_t)lz_os_process_id(), 10);
            name++;
        } else {
            lz_text_char(&text, *name);
        }
    }
}

int
lz_output_open(struct lz_os_file *file, const char *name, bool truncate)
{
    char path[2 * LZ_OUTPUT_NAME_SIZE];

    expand(name, path, sizeof(path));
    return lz_os_file_open(file, path, truncate);
}

/* Beside the file, with an ending that no collector reads. */
static void
name_beside(const char *path, char *beside, size_t size)
{
    struct lz_text text = lz_text_in(beside, size);

    lz_text_string(&text, path);
    lz_text_char(&text, '.');
    lz_text_number(&text, (uintmax_t)lz_os_process_id(), 10);
    lz_text_string(&text, ".tmp");
}

int
lz_output_replace(const char *name, const char *text, size_t length)
{
    char path[2 * LZ_OUTPUT_NAME_SIZE], beside[2 * LZ_OUTPUT_NAME_SIZE + 32];
    struct lz_os_file file;
    int error;

    expand(name, path, sizeof(path));
    name_beside(path, beside, sizeof(beside));
    error = lz_os_file_open(&file, beside, true);
    if (error != 0)
        return error;
    error = lz_os_file_write(&file, text, length);
    lz_os_file_close(&file);
    if (error == 0)
        error = lz_os_file_rename(beside, path);
    if (error != 0)
        lz_os_file_remove(beside);
    return error;
}

void
lz_output_complain(const char *variable, const char *name, int error,
                   const char *instead)
{
    const char *why = lz_os_error_text(error);

    if (why != NULL)
        lz_log("%s=%s: cannot be written (%s); %s", variable, name, why,
               instead);
    else
        lz_log("%s=%s: cannot be written (error %d); %s", variable, name, error,
               instead);
}
