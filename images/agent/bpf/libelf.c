// SPDX-License-Identifier: GPL-2.0
/*
 * Debian 13's static libelf (elfutils 0.192) refers to two functions of a
 * library that elfutils does not install: they make and free the tree of
 * elf_getdata_rawchunk(), which neither libbpf nor the agent calls, so that
 * there is nothing to do. They are weak: a libelf that has them brings its own
 * as soon as it needs the tree.
 */
void eu_search_tree_init(void *tree);
void eu_search_tree_fini(void *tree, void (*free_node)(void *));

__attribute__((weak)) void eu_search_tree_init(void *tree)
{
	(void)tree;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree,
					       void (*free_node)(void *))
{
	(void)tree;
	(void)free_node;
}
