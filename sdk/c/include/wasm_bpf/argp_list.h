/*
 * The list of options that argp's help prints: those of all parsers, an entry
 * for each with its aliases, in glibc's order (groups, clusters of child
 * parsers with a header, then by letter).
 */
#ifndef WASM_BPF_ARGP_LIST_H
#define WASM_BPF_ARGP_LIST_H

#include <wasm_bpf/argp_types.h>
#include <strings.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The options of a child parser that has a header or a group. */
struct wasm_bpf_cluster {
	const char *header;
	int index; /* among its parent's children */
	int group;
	struct wasm_bpf_cluster *parent;
	const struct argp *argp;
	int depth;
	struct wasm_bpf_cluster *next; /* all of the list's, to be freed */
};

struct wasm_bpf_entry {
	const struct argp_option *option; /* the real one; its aliases follow it */
	int count;
	int group;
	struct wasm_bpf_cluster *cluster;
	const struct argp *argp;
	char *letters; /* the short options that are not shadowed by an earlier parser's */
};

struct wasm_bpf_list {
	struct wasm_bpf_entry *entries;
	int count;
	struct wasm_bpf_cluster *clusters;
};

WASM_BPF_WEAK bool wasm_bpf_option_ends(const struct argp_option *option)
{
	return !option->key && !option->name && !option->doc && !option->group;
}

WASM_BPF_WEAK bool wasm_bpf_option_short(const struct argp_option *option)
{
	return !(option->flags & OPTION_DOC) && option->key > 0 && option->key <= UCHAR_MAX &&
	       isprint(option->key);
}

WASM_BPF_WEAK bool wasm_bpf_option_visible(const struct argp_option *option)
{
	return !(option->flags & OPTION_HIDDEN);
}

/* Whether the entry's option shows this letter: shadowed ones are not in `letters`. */
WASM_BPF_WEAK bool wasm_bpf_entry_short(const struct wasm_bpf_entry *entry,
					const struct argp_option *option)
{
	return wasm_bpf_option_short(option) && strchr(entry->letters, option->key);
}

WASM_BPF_WEAK int wasm_bpf_entry_first_short(const struct wasm_bpf_entry *entry)
{
	int i;

	for (i = 0; i < entry->count; i++)
		if (wasm_bpf_entry_short(entry, entry->option + i) &&
		    wasm_bpf_option_visible(entry->option + i))
			return entry->option[i].key;
	return 0;
}

WASM_BPF_WEAK const char *wasm_bpf_entry_first_long(const struct wasm_bpf_entry *entry)
{
	int i;

	for (i = 0; i < entry->count; i++)
		if (entry->option[i].name && wasm_bpf_option_visible(entry->option + i))
			return entry->option[i].name;
	return NULL;
}

/* Groups in ascending order, the negative ones behind the others; `equal` if they are the same. */
WASM_BPF_WEAK int wasm_bpf_group_compare(int a, int b, int equal)
{
	if (a == b)
		return equal;
	return (a < 0) == (b < 0) ? a - b : b - a;
}

WASM_BPF_WEAK int wasm_bpf_cluster_compare(const struct wasm_bpf_cluster *a,
					   const struct wasm_bpf_cluster *b)
{
	while (a->depth > b->depth)
		a = a->parent;
	while (b->depth > a->depth)
		b = b->parent;
	while (a->parent != b->parent) {
		a = a->parent;
		b = b->parent;
	}
	return wasm_bpf_group_compare(a->group, b->group, b->index - a->index);
}

WASM_BPF_WEAK int wasm_bpf_cluster_base_group(const struct wasm_bpf_cluster *cluster)
{
	while (cluster->parent)
		cluster = cluster->parent;
	return cluster->group;
}

/* Skips what a documentation entry's name is not sorted by; whether it looks like no option. */
WASM_BPF_WEAK bool wasm_bpf_skip_decoration(const char **name)
{
	bool plain;

	while (isspace((unsigned char)**name))
		(*name)++;
	plain = **name != '-';
	while (**name && !isalnum((unsigned char)**name))
		(*name)++;
	return plain;
}

/* By the first letter of the short option, or of the long one; of equal ones those without a short option come first. */
WASM_BPF_WEAK int wasm_bpf_entry_compare_names(const struct wasm_bpf_entry *a,
					       const struct wasm_bpf_entry *b)
{
	int short_a = wasm_bpf_entry_first_short(a), short_b = wasm_bpf_entry_first_short(b);
	const char *long_a = wasm_bpf_entry_first_long(a), *long_b = wasm_bpf_entry_first_long(b);
	bool doc_a = a->option->flags & OPTION_DOC, doc_b = b->option->flags & OPTION_DOC;
	int first_a, first_b;

	if (doc_a)
		doc_a = long_a && wasm_bpf_skip_decoration(&long_a);
	if (doc_b)
		doc_b = long_b && wasm_bpf_skip_decoration(&long_b);
	if (doc_a != doc_b)
		return doc_a - doc_b;
	first_a = short_a ? short_a : long_a ? (unsigned char)*long_a : 0;
	first_b = short_b ? short_b : long_b ? (unsigned char)*long_b : 0;
	if (tolower(first_a) != tolower(first_b))
		return tolower(first_a) - tolower(first_b);
	if (first_a != first_b)
		return first_b - first_a; /* lower case first */
	if (!short_a != !short_b)
		return short_a ? 1 : -1;
	return !short_a && long_a && long_b ? strcasecmp(long_a, long_b) : 0;
}

WASM_BPF_WEAK int wasm_bpf_entry_compare(const struct wasm_bpf_entry *a,
					 const struct wasm_bpf_entry *b)
{
	if (a->cluster == b->cluster)
		return a->group == b->group ? wasm_bpf_entry_compare_names(a, b)
					    : wasm_bpf_group_compare(a->group, b->group, 0);
	if (!a->cluster)
		return wasm_bpf_group_compare(a->group, wasm_bpf_cluster_base_group(b->cluster), -1);
	if (!b->cluster)
		return wasm_bpf_group_compare(wasm_bpf_cluster_base_group(a->cluster), b->group, 1);
	return wasm_bpf_cluster_compare(a->cluster, b->cluster);
}

/* Adds one option with its aliases; letters that an earlier entry has are shadowed. */
WASM_BPF_WEAK int wasm_bpf_list_add_entry(struct wasm_bpf_list *list, const struct argp *argp,
					  const struct argp_option *option, int group,
					  struct wasm_bpf_cluster *cluster)
{
	struct wasm_bpf_entry *entry;
	int i, letters = 0;

	entry = (struct wasm_bpf_entry *)realloc(list->entries,
						 ((size_t)list->count + 1) * sizeof(*entry));
	if (!entry)
		return 1;
	list->entries = entry;
	entry += list->count;
	memset(entry, 0, sizeof(*entry));
	entry->option = option;
	entry->group = group;
	entry->cluster = cluster;
	entry->argp = argp;
	do
		entry->count++;
	while (!wasm_bpf_option_ends(option + entry->count) &&
	       (option[entry->count].flags & OPTION_ALIAS));
	entry->letters = (char *)calloc((size_t)entry->count + 1, 1);
	if (!entry->letters)
		return entry->count;
	for (i = 0; i < entry->count; i++) {
		int other;

		for (other = 0; other < list->count; other++)
			if (wasm_bpf_option_short(option + i) &&
			    strchr(list->entries[other].letters, option[i].key))
				break;
		if (wasm_bpf_option_short(option + i) && other == list->count)
			entry->letters[letters++] = (char)option[i].key;
	}
	list->count++;
	return entry->count;
}

/* Adds a parser's options and its children's. */
WASM_BPF_WEAK void wasm_bpf_list_add(struct wasm_bpf_list *list, const struct argp *argp,
				     struct wasm_bpf_cluster *cluster)
{
	const struct argp_option *option = argp->options;
	const struct argp_child *child;
	int group = 0;

	while (option && !wasm_bpf_option_ends(option)) {
		if (option->group)
			group = option->group;
		else if (!option->name && !option->key)
			group++;
		option += wasm_bpf_list_add_entry(list, argp, option, group, cluster);
	}
	for (child = argp->children; child && child->argp; child++) {
		struct wasm_bpf_cluster *own = cluster;

		if (child->group || child->header)
			own = (struct wasm_bpf_cluster *)calloc(1, sizeof(*own));
		if (own && own != cluster) {
			own->header = child->header;
			own->index = (int)(child - argp->children);
			own->group = child->group;
			own->parent = cluster;
			own->argp = argp;
			own->depth = cluster ? cluster->depth + 1 : 0;
			own->next = list->clusters;
			list->clusters = own;
		}
		wasm_bpf_list_add(list, child->argp, own);
	}
}

/* Sorts the entries; those that compare equal keep their order. */
WASM_BPF_WEAK void wasm_bpf_list_sort(struct wasm_bpf_list *list)
{
	int i, j;

	for (i = 1; i < list->count; i++) {
		struct wasm_bpf_entry entry = list->entries[i];

		for (j = i; j > 0 && wasm_bpf_entry_compare(&list->entries[j - 1], &entry) > 0; j--)
			list->entries[j] = list->entries[j - 1];
		list->entries[j] = entry;
	}
}

WASM_BPF_WEAK void wasm_bpf_list_free(struct wasm_bpf_list *list)
{
	struct wasm_bpf_cluster *cluster;

	while (list->count)
		free(list->entries[--list->count].letters);
	free(list->entries);
	while ((cluster = list->clusters)) {
		list->clusters = cluster->next;
		free(cluster);
	}
}

#ifdef __cplusplus
}
#endif

#endif
