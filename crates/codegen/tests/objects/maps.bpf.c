#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define __kptr __attribute__((btf_type_tag("kptr")))
#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
#define private(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#define __arg_nonnull __attribute((btf_decl_tag("arg:nonnull")))
#define __arg_trusted __attribute((btf_decl_tag("arg:trusted")))

struct place {
	u32 pid;
	enum pid_type kind;
};

struct point {
	int x, y;
};

struct value {
	struct bpf_spin_lock lock;
	struct bpf_timer timer;
	struct task_struct __kptr *task;
	struct place keys[2];
	struct value *next;
	union {
		struct point point;
		u64 raw;
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct place);
	__type(value, struct point);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { &first, &second } };

int jumped(struct __sk_buff *context);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__array(values, int (struct __sk_buff *));
} jumps SEC(".maps") = { .values = { &jumped } };

/* In a tree, made by the program, and locked. */
struct leaf {
	struct bpf_rb_node link;
	struct bpf_refcount count;
	struct point point;
	u64 weight;
};

private(tree) struct bpf_spin_lock tree_lock;
private(tree) struct bpf_rb_root tree __contains(leaf, link);

extern int LINUX_KERNEL_VERSION __kconfig;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig;
extern bool CONFIG_NO_SUCH_OPTION __kconfig __weak;
extern const void no_such_symbol __ksym __weak;
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern void *bpf_obj_new_impl(u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool (less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, u64 off) __ksym;

u64 total;

static bool lighter(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return ((struct leaf *)a)->weight < ((struct leaf *)b)->weight;
}

__noinline int sum(struct point *points __arg_nonnull, int (*numbers)[4] __arg_nonnull, enum pid_type kind)
{
	return points->x + points->y + (*numbers)[3] + kind;
}

__noinline int age(struct task_struct *task __arg_trusted)
{
	return task->start_time > 1;
}

__noinline int of_context(struct __sk_buff *context)
{
	return context->len;
}

static int on_timer(void *map, u32 *key, struct value *value)
{
	bpf_spin_lock(&value->lock);
	value->point.x++;
	bpf_spin_unlock(&value->lock);
	return 0;
}

SEC("tc")
int jumped(struct __sk_buff *context)
{
	return 0;
}

SEC("tc")
int filter(struct __sk_buff *context)
{
	struct point points = { 1, context->mark };
	int numbers[4] = { 1, 2, 3, context->mark };
	u32 zero = 0;
	struct value *value = bpf_map_lookup_elem(&values, &zero);
	void *map = bpf_map_lookup_elem(&outer, &zero);
	struct leaf *node;

	if (value) {
		bpf_timer_init(&value->timer, &values, 1);
		bpf_timer_set_callback(&value->timer, on_timer);
	}
	if (map) {
		struct place key = { 1, PIDTYPE_PID };
		bpf_map_update_elem(map, &key, &points, BPF_ANY);
	}
	node = bpf_obj_new_impl(bpf_core_type_id_local(struct leaf), 0);
	if (node) {
		node->weight = context->len;
		bpf_spin_lock(&tree_lock);
		bpf_rbtree_add_impl(&tree, &node->link, lighter, 0, 0);
		bpf_spin_unlock(&tree_lock);
	}
	bpf_tail_call(context, &jumps, 0);
	return sum(&points, &numbers, PIDTYPE_SID) + of_context(context);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(on_fork, struct task_struct *task, u64 flags)
{
	u32 zero = 0;
	struct value *value = bpf_map_lookup_elem(&values, &zero);
	struct task_struct *other = bpf_task_from_pid(1);

	if (LINUX_KERNEL_VERSION > 5 && CONFIG_BPF_SYSCALL == TRI_YES && !CONFIG_NO_SUCH_OPTION)
		total += age(task) + !&no_such_symbol;
	if (!other)
		return 0;
	total += other->pid;
	if (value)
		other = bpf_kptr_xchg(&value->task, other);
	if (other)
		bpf_task_release(other);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
