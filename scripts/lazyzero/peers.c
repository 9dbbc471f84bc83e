/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "inspect.h"
#include "say.h"
#include "text.h"

static const struct {
    const char *name, *stem, *version;
} peers[] = {
#define PEER(name, stem, version) {name, stem, version},
#include "peers.def"
#undef PEER
};

#define PEER_COUNT (sizeof(peers) / sizeof(peers[0]))

/* The real path of the installed file; NULL if there is none. */
static char *
find_file(const char *name)
{
    char *found = NULL;

    for (int i = 0; host_library_folders[i] != NULL && found == NULL; i++) {
        char *path = text_format("%s/%s", host_library_folders[i], name);

        if (access(path, R_OK) == 0 && inspect_is_library(path))
            found = realpath(path, NULL);
        free(path);
    }
    return found;
}

struct peer *
peers_find(void)
{
    struct peer *found = say_got(calloc(PEER_COUNT + 1, sizeof(*found)));
    int count = 0;

    for (size_t i = 0; i < PEER_COUNT; i++) {
        char *file, *library;

        if (count > 0 && strcmp(found[count - 1].name, peers[i].name) == 0)
            continue;
        file = host_library_file(peers[i].stem, peers[i].version);
        library = find_file(file);
        free(file);
        if (library != NULL)
            found[count++] = (struct peer){peers[i].name, library};
    }
    return found;
}

char *
peers_describe(void)
{
    struct peer *found = peers_find();
    char *text = text_format("%s", "");

    for (int i = 0; found[i].name != NULL; i++) {
        char *longer = text_format("%s%s, ", text, found[i].name);

        free(text);
        free(found[i].library);
        text = longer;
    }
    free(found);
    return text;
}
