// SPDX-License-Identifier: GPL-2.0
/*
 * Which maps a program uses. libbpf creates every map of an object, needed or
 * not, and a map more is an id, memory and (for a cpumap) kthreads more.
 */
#include <errno.h>
#include <string.h>
#include <gelf.h>
#include <libelf.h>
#include "load.h"

static Elf_Scn *symbol_section(Elf *elf, size_t *names)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB) {
			*names = shdr.sh_link;
			return scn;
		}
	}
	return NULL;
}

/* One relocation section: every symbol that it refers to is a map, or not. */
static void scan(Elf *elf, Elf_Scn *scn, Elf_Data *symbols, size_t names,
		 void (*use)(const char *map, void *data), void *data)
{
	Elf_Data *relocs = elf_getdata(scn, NULL);
	const char *name;
	GElf_Sym sym;
	GElf_Rel rel;
	int i;

	for (i = 0; relocs && gelf_getrel(relocs, i, &rel); i++) {
		if (!gelf_getsym(symbols, GELF_R_SYM(rel.r_info), &sym))
			continue;
		name = elf_strptr(elf, names, sym.st_name);
		if (name && *name)
			use(name, data);
	}
}

static int scan_all(Elf *elf, const char *section,
		    void (*use)(const char *map, void *data), void *data)
{
	size_t names, section_names;
	Elf_Scn *scn, *target;
	Elf_Data *symbols;
	const char *name;
	GElf_Shdr shdr;

	scn = symbol_section(elf, &names);
	symbols = scn ? elf_getdata(scn, NULL) : NULL;
	if (!symbols || elf_getshdrstrndx(elf, &section_names))
		return -ENOEXEC;
	scn = NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_REL)
			continue;
		target = elf_getscn(elf, shdr.sh_info);
		if (!target || !gelf_getshdr(target, &shdr))
			continue;
		name = elf_strptr(elf, section_names, shdr.sh_name);
		if (name && (!strcmp(name, section) || !strcmp(name, ".text")))
			scan(elf, scn, symbols, names, use, data);
	}
	return 0;
}

int maps_used(const void *bytes, size_t size, const char *section,
	      void (*use)(const char *map, void *data), void *data)
{
	Elf *elf;
	int err;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)bytes, size);
	if (!elf)
		return -ENOEXEC;
	err = scan_all(elf, section, use, data);
	elf_end(elf);
	return err;
}
