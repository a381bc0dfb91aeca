// SPDX-License-Identifier: GPL-2.0
/* The ways in which a program is attached by a link of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include "bpf/link_kinds.h"

#define CGROUP_ROOT	"/sys/fs/cgroup"

const char *const xdp_mode_words[] = { "native", "generic", NULL };
const char *const order_words[] = { "last", "before", "after", NULL };

static void undo_link(struct attachment *it)
{
	if (it->link)
		bpf_link__destroy(it->link);
	else if (it->fd >= 0)
		close(it->fd);
	if (it->path[0])
		unlink(it->path);
}

/* fd is that of a new link, or a negative errno. */
static int made(struct attachment *it, int fd)
{
	if (fd < 0)
		return fd;
	it->fd = fd;
	it->undo = undo_link;
	return 0;
}

static int made_by_libbpf(struct attachment *it, struct bpf_link *link)
{
	/* A section that libbpf does not attach by itself has no link. */
	if (!link)
		return errno ? -errno : -EOPNOTSUPP;
	it->link = link;
	it->fd = bpf_link__fd(link);
	it->undo = undo_link;
	return 0;
}

/* By what the section says: kprobe, tracepoint, fentry, lsm, .. */
static int attach_section(const struct place *place, struct attachment *it)
{
	errno = 0;
	return made_by_libbpf(it, bpf_program__attach(place->program.prog));
}

static int attach_xdp(const struct place *place, struct attachment *it)
{
	static const __u32 flags[] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags[place->mode]);

	opts.flags |= place->flags;
	return made(it, bpf_link_create(place->program.fd, place->dev.ifindex,
					BPF_XDP, &opts));
}

/*
 * tcx and netkit: their attach type has the direction. Both are lists of the
 * kernel's mprog, and their options are the same.
 */
static int attach_to_device(const struct place *place, struct attachment *it)
{
	static const __u32 flags[] = { 0, BPF_F_BEFORE, BPF_F_AFTER };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags[place->order]);

	if (place->relative_fd) {
		opts.flags |= BPF_F_LINK;
		opts.tcx.relative_fd = place->relative_fd;
	}
	return made(it, bpf_link_create(place->program.fd, place->dev.ifindex,
					place->attach_type, &opts));
}

static int failed(struct attachment *it, const char *call)
{
	it->call = call;
	return -errno;
}

static int wrong(struct attachment *it, const char *what)
{
	it->wrong = what;
	return -EINVAL;
}

/* Makes the folders of a path below the root, and opens the last. */
static int make_folders(struct attachment *it, const char *root,
			const char *path)
{
	char folder[256];
	size_t at = strlen(root);
	int len;

	len = snprintf(folder, sizeof(folder), "%s/%s/", root, path);
	if (len >= (int)sizeof(folder))
		return wrong(it, "path: is too long");
	for (at++; folder[at]; at++) {
		if (folder[at] != '/')
			continue;
		folder[at] = 0;
		if (mkdir(folder, 0755) && errno != EEXIST)
			return failed(it, "mkdir");
		folder[at] = '/';
	}
	len = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return len < 0 ? failed(it, "open") : len;
}

/* A cgroup of version 2, which is made if it does not exist. */
static int open_cgroup(struct attachment *it, const char *path)
{
	if (access(CGROUP_ROOT "/cgroup.procs", F_OK) &&
	    mount("cgroup2", CGROUP_ROOT, "cgroup2", 0, NULL))
		return failed(it, "mount");
	while (*path == '/')
		path++;
	return make_folders(it, CGROUP_ROOT, path);
}

static int attach_cgroup(const struct place *place, struct attachment *it)
{
	int cgroup = open_cgroup(it, place->path), err;

	if (cgroup < 0)
		return cgroup;
	err = made(it, bpf_link_create(place->program.fd, cgroup,
				       place->attach_type, NULL));
	close(cgroup);
	return err;
}

/* Without a path the agent's own network namespace. */
static int attach_netns(const struct place *place, struct attachment *it)
{
	const char *path = place->path ? place->path : "/proc/self/ns/net";
	int netns = open(path, O_RDONLY | O_CLOEXEC), err;

	if (netns < 0)
		return failed(it, "open");
	err = made(it, bpf_link_create(place->program.fd, netns,
				       place->attach_type, NULL));
	close(netns);
	return err;
}

/* The id of a function in the BTF of a loaded program; 0 without. */
static __u32 function_in_program(int fd, const char *name)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct btf *btf;
	int id;

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.btf_id)
		return 0;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) : 0;
	btf__free(btf);
	return id > 0 ? id : 0;
}

/* Instead of a function of another program: the one it was loaded for. */
static int attach_freplace(const struct place *place, struct attachment *it)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	const struct handle *target = &place->target;

	if (!target->kind)
		return made(it, bpf_raw_tracepoint_open(NULL,
							place->program.fd));
	opts.target_btf_id = place->function ?
		function_in_program(target->fd, place->function) :
		target->function_id;
	if (!opts.target_btf_id)
		return wrong(it, "function: the target has none of this name");
	return made(it, bpf_link_create(place->program.fd, target->fd, 0,
					&opts));
}

static int attach_netfilter(const struct place *place, struct attachment *it)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);

	opts.netfilter.pf = place->family;
	opts.netfilter.hooknum = place->hook;
	opts.netfilter.priority = place->priority;
	return made(it, bpf_link_create(place->program.fd, 0, BPF_NETFILTER,
					&opts));
}

/* Pinned: whoever reads the path runs the program. */
static int attach_iterator(const struct place *place, struct attachment *it)
{
	int err;

	err = made(it, bpf_link_create(place->program.fd, 0, BPF_TRACE_ITER,
				       NULL));
	if (err)
		return err;
	if (strlen(place->path) >= sizeof(it->path))
		return wrong(it, "path: is too long");
	if (bpf_obj_pin(it->fd, place->path))
		return failed(it, "bpf(BPF_OBJ_PIN)");
	snprintf(it->path, sizeof(it->path), "%s", place->path);
	return 0;
}

/* A function of a program or library, by name. */
static int attach_uprobe(const struct place *place, struct attachment *it)
{
	const char *section = bpf_program__section_name(place->program.prog);
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = place->function,
		    .retprobe = !strncmp(section, "uret", 4));

	errno = 0;
	return made_by_libbpf(it, bpf_program__attach_uprobe_opts(
		place->program.prog, -1, place->path, 0, &opts));
}

static int attach_struct_ops(const struct place *place, struct attachment *it)
{
	errno = 0;
	return made_by_libbpf(it, bpf_map__attach_struct_ops(place->map.map));
}

/*
 * X(name, system call, what it needs, function). A user's tc, sockmap and perf
 * programs are no links; a pin is for programs that other tools attach.
 */
#define KINDS(X)							\
	X(section, NULL, NEEDS_OPEN)					\
	X(xdp, "bpf(BPF_LINK_CREATE)", NEEDS_DEV)			\
	X(tc, "netlink(RTM_NEWTFILTER)", NEEDS_DEV)			\
	X(to_device, "bpf(BPF_LINK_CREATE)", NEEDS_DEV)			\
	X(cgroup, "bpf(BPF_LINK_CREATE)", NEEDS_PATH)			\
	X(netns, "bpf(BPF_LINK_CREATE)", 0)				\
	X(sockmap, "bpf(BPF_PROG_ATTACH)", NEEDS_MAP)			\
	X(freplace, "bpf(BPF_LINK_CREATE)", 0)				\
	X(netfilter, "bpf(BPF_LINK_CREATE)", 0)				\
	X(iterator, "bpf(BPF_LINK_CREATE)", NEEDS_PATH)			\
	X(uprobe, NULL, NEEDS_PATH | NEEDS_OPEN)			\
	X(perf_event, "perf_event_open", 0)				\
	X(struct_ops, "bpf(BPF_MAP_UPDATE_ELEM)", NEEDS_MAP | NEEDS_NO_PROGRAM) \
	X(pin, "bpf(BPF_OBJ_PIN)", NEEDS_PATH)

#define ENTRY(kind, syscall, what)					\
	{ .name = #kind, .call = syscall, .needs = what,		\
	  .attach = attach_##kind },
#define WORD(kind, syscall, what) #kind,

const struct link_kind link_kinds[] = { KINDS(ENTRY) };

const char *const link_kind_words[] = { KINDS(WORD) NULL };
