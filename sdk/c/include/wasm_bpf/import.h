/*
 * The host's functions, one declaration each: import module `wasm_bpf_v1`.
 * Results are >= 0 or -errno in Linux's numbers (wasm_bpf/error.h turns them
 * into the C library's). A pointer always comes with its length in bytes.
 * Programs do not call these: the libbpf functions on top of them do.
 */
#ifndef WASM_BPF_IMPORT_H
#define WASM_BPF_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#define WASM_BPF_IMPORT(name)                                                                      \
	__attribute__((import_module("wasm_bpf_v1"), import_name(#name))) int wasm_bpf_v1_##name

#ifdef __cplusplus
extern "C" {
#endif

/* system */
WASM_BPF_IMPORT(error_text)(char *buf, size_t len);
WASM_BPF_IMPORT(log_level)(int level);
WASM_BPF_IMPORT(log_read)(char *buf, size_t len, uint32_t *level);
WASM_BPF_IMPORT(cpu_count)(void);
WASM_BPF_IMPORT(process_id)(int which);
WASM_BPF_IMPORT(system_name)(int which, char *buf, size_t len);
WASM_BPF_IMPORT(clock_time)(int clock, int resolution, int64_t *out, size_t out_len);
WASM_BPF_IMPORT(local_time)(int64_t seconds, void *out, size_t out_len, char *name, size_t len);
WASM_BPF_IMPORT(signal_handle)(int number, int on);
WASM_BPF_IMPORT(signal_take)(void);
WASM_BPF_IMPORT(handle_close)(int handle);
WASM_BPF_IMPORT(handle_kind)(int handle);
WASM_BPF_IMPORT(probe_program_type)(uint32_t type);
WASM_BPF_IMPORT(probe_map_type)(uint32_t type);
WASM_BPF_IMPORT(probe_helper)(uint32_t program_type, uint32_t helper);
WASM_BPF_IMPORT(doctor)(const char *group, size_t group_len, const char *name, size_t name_len,
			uint32_t *status, char *buf, size_t len);

/* object */
WASM_BPF_IMPORT(object_open)(const void *elf, size_t elf_len, const void *opts, size_t opts_len);
WASM_BPF_IMPORT(object_prepare)(int object);
WASM_BPF_IMPORT(object_load)(int object);
WASM_BPF_IMPORT(object_name)(int object, char *buf, size_t len);
WASM_BPF_IMPORT(object_log)(int object, char *buf, size_t len);
WASM_BPF_IMPORT(object_program)(int object, int index);
WASM_BPF_IMPORT(object_map)(int object, int index);
WASM_BPF_IMPORT(object_find_program)(int object, const char *name, size_t len);
WASM_BPF_IMPORT(object_find_map)(int object, const char *name, size_t len);

/* program */
WASM_BPF_IMPORT(program_info)(int program, void *out, size_t len);
WASM_BPF_IMPORT(program_name)(int program, char *buf, size_t len);
WASM_BPF_IMPORT(program_section)(int program, char *buf, size_t len);
WASM_BPF_IMPORT(program_set)(int program, int field, uint32_t value);
WASM_BPF_IMPORT(program_set_log)(int program, size_t size);
WASM_BPF_IMPORT(program_log)(int program, char *buf, size_t len);
WASM_BPF_IMPORT(program_set_attach_target)(int program, int target, const char *name, size_t len);
WASM_BPF_IMPORT(program_pin)(int program, const char *path, size_t len);
WASM_BPF_IMPORT(program_unpin)(int program, const char *path, size_t len);
WASM_BPF_IMPORT(program_test_run)(int program, void *opts, size_t len);
WASM_BPF_IMPORT(program_attach)(int program);
WASM_BPF_IMPORT(program_attach_kprobe)(int program, uint32_t flags, const char *function,
				       size_t function_len, uint64_t offset, uint64_t cookie,
				       int mode);
WASM_BPF_IMPORT(program_attach_kprobe_multi)(int program, uint32_t flags, const char *pattern,
					     size_t pattern_len, const char *symbols,
					     size_t symbols_len, const uint64_t *addresses,
					     size_t addresses_len, const uint64_t *cookies,
					     size_t cookies_len);
WASM_BPF_IMPORT(program_attach_ksyscall)(int program, uint32_t flags, const char *name, size_t len,
					 uint64_t cookie);
WASM_BPF_IMPORT(program_attach_uprobe)(int program, uint32_t flags, int pid, const char *path,
				       size_t path_len, uint64_t offset, const char *function,
				       size_t function_len, uint64_t ref_ctr_offset,
				       uint64_t cookie, int mode);
WASM_BPF_IMPORT(program_attach_uprobe_multi)(int program, uint32_t flags, int pid, const char *path,
					     size_t path_len, const char *pattern,
					     size_t pattern_len, const char *symbols,
					     size_t symbols_len, const uint64_t *offsets,
					     size_t offsets_len, const uint64_t *ref_ctr_offsets,
					     size_t ref_ctr_offsets_len, const uint64_t *cookies,
					     size_t cookies_len);
WASM_BPF_IMPORT(program_attach_usdt)(int program, int pid, const char *path, size_t path_len,
				     const char *provider, size_t provider_len, const char *name,
				     size_t name_len, uint64_t cookie);
WASM_BPF_IMPORT(program_attach_tracepoint)(int program, const char *category, size_t category_len,
					   const char *name, size_t name_len, uint64_t cookie);
WASM_BPF_IMPORT(program_attach_raw_tracepoint)(int program, const char *name, size_t len,
					       uint64_t cookie);
WASM_BPF_IMPORT(program_attach_trace)(int program, uint64_t cookie);
WASM_BPF_IMPORT(program_attach_lsm)(int program);
WASM_BPF_IMPORT(program_attach_perf_event)(int program, int perf_event, uint64_t cookie,
					   int force_ioctl);
WASM_BPF_IMPORT(program_attach_cgroup)(int program, int directory_fd);
WASM_BPF_IMPORT(program_attach_cgroup_at)(int program, int directory_fd, uint32_t flags, int relative,
					  uint32_t relative_id, uint64_t expected_revision);
WASM_BPF_IMPORT(program_attach_netns)(int program, int fd);
WASM_BPF_IMPORT(program_attach_xdp)(int program, int ifindex);
WASM_BPF_IMPORT(program_attach_tcx)(int program, int ifindex, uint32_t flags, int relative,
				    uint32_t relative_id, uint64_t expected_revision);
WASM_BPF_IMPORT(program_attach_netkit)(int program, int ifindex, uint32_t flags, int relative,
				       uint32_t relative_id, uint64_t expected_revision);
WASM_BPF_IMPORT(program_attach_netfilter)(int program, uint32_t pf, uint32_t hooknum, int priority,
					  uint32_t flags);
WASM_BPF_IMPORT(program_attach_freplace)(int program, int target, const char *function, size_t len);
WASM_BPF_IMPORT(program_attach_sockmap)(int program, int map);
WASM_BPF_IMPORT(sockmap_attach)(int map, int program, uint32_t type);
WASM_BPF_IMPORT(sockmap_detach)(int map, int program, uint32_t type);
WASM_BPF_IMPORT(socket_group_attach)(int socket, int program);
WASM_BPF_IMPORT(socket_group_detach)(int socket);
WASM_BPF_IMPORT(program_attach_iter)(int program, int map, int cgroup_fd, uint32_t order,
				     uint32_t tid, uint32_t pid, int pid_fd);

/* link */
WASM_BPF_IMPORT(link_detach)(int link);
WASM_BPF_IMPORT(link_disconnect)(int link);
WASM_BPF_IMPORT(link_update_program)(int link, int program);
WASM_BPF_IMPORT(link_update_map)(int link, int map);
WASM_BPF_IMPORT(link_pin)(int link, const char *path, size_t len);
WASM_BPF_IMPORT(link_unpin)(int link);
WASM_BPF_IMPORT(link_open)(const char *path, size_t len);
WASM_BPF_IMPORT(iterator_create)(int link);
WASM_BPF_IMPORT(stream_read)(int stream, void *buf, size_t len);

/* map */
WASM_BPF_IMPORT(map_info)(int map, void *out, size_t len);
WASM_BPF_IMPORT(map_name)(int map, char *buf, size_t len);
WASM_BPF_IMPORT(map_set)(int map, int field, uint64_t value);
WASM_BPF_IMPORT(map_set_inner)(int map, int inner);
WASM_BPF_IMPORT(map_reuse)(int map, int other);
WASM_BPF_IMPORT(map_set_pin_path)(int map, const char *path, size_t len);
WASM_BPF_IMPORT(map_pin)(int map, const char *path, size_t len);
WASM_BPF_IMPORT(map_unpin)(int map, const char *path, size_t len);
WASM_BPF_IMPORT(map_pin_path)(int map, char *buf, size_t len);
WASM_BPF_IMPORT(map_initial_value)(int map, size_t offset, void *buf, size_t len);
WASM_BPF_IMPORT(map_program_members)(int map, uint32_t *out, size_t len);
WASM_BPF_IMPORT(map_set_initial_value)(int map, size_t offset, const void *data, size_t len);
WASM_BPF_IMPORT(map_lookup)(int map, const void *key, size_t key_len, void *value,
			    size_t value_len, uint64_t flags);
WASM_BPF_IMPORT(map_update)(int map, const void *key, size_t key_len, const void *value,
			    size_t value_len, uint64_t flags);
WASM_BPF_IMPORT(map_delete)(int map, const void *key, size_t key_len, uint64_t flags);
WASM_BPF_IMPORT(map_next_key)(int map, const void *key, size_t key_len, void *next,
			      size_t next_len);
WASM_BPF_IMPORT(map_lookup_and_delete)(int map, const void *key, size_t key_len, void *value,
				       size_t value_len, uint64_t flags);
WASM_BPF_IMPORT(map_lookup_batch)(int map, const void *in_batch, size_t in_len, void *out_batch,
				  size_t out_len, void *keys, size_t keys_len, void *values,
				  size_t values_len, uint32_t *count, uint64_t element_flags,
				  uint64_t flags);
WASM_BPF_IMPORT(map_lookup_and_delete_batch)(int map, const void *in_batch, size_t in_len,
					     void *out_batch, size_t out_len, void *keys,
					     size_t keys_len, void *values, size_t values_len,
					     uint32_t *count, uint64_t element_flags,
					     uint64_t flags);
WASM_BPF_IMPORT(map_update_batch)(int map, const void *keys, size_t keys_len, const void *values,
				  size_t values_len, uint32_t *count, uint64_t element_flags,
				  uint64_t flags);
WASM_BPF_IMPORT(map_delete_batch)(int map, const void *keys, size_t keys_len, uint32_t *count,
				  uint64_t element_flags, uint64_t flags);
WASM_BPF_IMPORT(map_freeze)(int map);
WASM_BPF_IMPORT(map_create)(uint32_t type, const char *name, size_t name_len, uint32_t key_size,
			    uint32_t value_size, uint32_t max_entries, uint32_t flags,
			    uint64_t map_extra, int inner, uint32_t numa_node);
WASM_BPF_IMPORT(map_open)(const char *path, size_t len);
WASM_BPF_IMPORT(map_attach_struct_ops)(int map);

/* ring, perf */
WASM_BPF_IMPORT(ring_open)(int map);
WASM_BPF_IMPORT(ring_read)(int ring, void *buf, size_t len);
WASM_BPF_IMPORT(perf_open)(int map, size_t pages_per_cpu);
WASM_BPF_IMPORT(perf_open_events)(int map, size_t pages_per_cpu, const void *attr, size_t attr_len,
				  const int *cpus, size_t cpus_len, const int *keys,
				  size_t keys_len);
WASM_BPF_IMPORT(perf_cpus)(int perf, int *out, size_t len);
WASM_BPF_IMPORT(perf_event_at)(int perf, uint32_t index);
WASM_BPF_IMPORT(perf_read)(int perf, void *buf, size_t len);
WASM_BPF_IMPORT(wait)(const int *handles, size_t handles_len, int timeout_ms);
WASM_BPF_IMPORT(perf_event_open)(const void *attr, size_t attr_len, int pid, int cpu, int group,
				 uint32_t flags);
WASM_BPF_IMPORT(perf_event_ioctl)(int perf_event, uint32_t request, uint64_t value);

/* waiting for several things */
WASM_BPF_IMPORT(epoll_create)(void);
WASM_BPF_IMPORT(epoll_ctl)(int epoll, int operation, int target, uint32_t events, uint64_t data);
WASM_BPF_IMPORT(epoll_wait)(int epoll, void *out, size_t out_len, int timeout_ms);
WASM_BPF_IMPORT(eventfd_create)(uint32_t initial, int flags);
WASM_BPF_IMPORT(eventfd_write)(int counter, uint64_t value);
WASM_BPF_IMPORT(timerfd_create)(int clock, int flags);
WASM_BPF_IMPORT(timerfd_settime)(int counter, int flags, const void *value, size_t value_len);
WASM_BPF_IMPORT(timerfd_gettime)(int counter, void *out, size_t out_len);

/* packet sockets */
WASM_BPF_IMPORT(socket_open)(int domain, int type, int protocol);
WASM_BPF_IMPORT(socket_bind)(int socket, uint32_t protocol, int ifindex);
WASM_BPF_IMPORT(socket_attach)(int socket, int program);
WASM_BPF_IMPORT(socket_detach)(int socket);
WASM_BPF_IMPORT(socket_receive)(int socket, int flags, void *buf, size_t len, void *from,
				size_t from_len);
WASM_BPF_IMPORT(socket_statistics)(int socket, void *out, size_t out_len);
/* user ring */
WASM_BPF_IMPORT(user_ring_window)(int map, void *addr, size_t len);
WASM_BPF_IMPORT(user_ring_wait)(int map, int timeout_ms);

/* window: the kernel's pages at a guest address */
WASM_BPF_IMPORT(page_size)(void);
WASM_BPF_IMPORT(map_window)(int map, void *addr, size_t len);
WASM_BPF_IMPORT(map_window_part)(int map, size_t offset, void *addr, size_t len, int writable);
WASM_BPF_IMPORT(ring_window)(int ring, void *addr, size_t len);
WASM_BPF_IMPORT(arena_window)(int map, void *addr, size_t len);
WASM_BPF_IMPORT(perf_window)(int perf, int buffer, void *addr, size_t len);

/* btf */
WASM_BPF_IMPORT(btf_vmlinux)(void);
WASM_BPF_IMPORT(btf_module)(const char *name, size_t len);
WASM_BPF_IMPORT(btf_of_object)(int object);
WASM_BPF_IMPORT(btf_from_data)(const void *data, size_t len, int base);
WASM_BPF_IMPORT(btf_size)(int btf);
WASM_BPF_IMPORT(btf_read)(int btf, size_t offset, void *buf, size_t len);
WASM_BPF_IMPORT(btf_find)(int btf, const char *name, size_t len, uint32_t kind);

WASM_BPF_IMPORT(btf_dump_open)(int btf);
WASM_BPF_IMPORT(btf_dump_type)(int dump, uint32_t id);
WASM_BPF_IMPORT(btf_dump_declaration)(int dump, uint32_t id, int level, uint32_t strip,
				      const char *name, size_t len);
WASM_BPF_IMPORT(btf_dump_data)(int dump, uint32_t id, uint32_t flags, int level, const char *indent,
			       size_t indent_len, const void *data, size_t len);
WASM_BPF_IMPORT(btf_dump_read)(int dump, char *buf, size_t len);

/* symbol */
WASM_BPF_IMPORT(kernel_symbols)(const uint64_t *addresses, size_t addresses_len, void *records,
				size_t records_len, char *text, size_t text_len);
WASM_BPF_IMPORT(kernel_symbol_find)(const char *name, size_t len, uint64_t *addresses,
				    size_t addresses_len);
WASM_BPF_IMPORT(user_symbols)(int pid, const uint64_t *addresses, size_t addresses_len,
			      void *records, size_t records_len, char *text, size_t text_len,
			      uint32_t flags);

/* net */
WASM_BPF_IMPORT(netdev_index)(const char *name, size_t len);
WASM_BPF_IMPORT(netdev_name)(int ifindex, char *buf, size_t len);
WASM_BPF_IMPORT(tc_hook_create)(int ifindex, uint32_t attach_point);
WASM_BPF_IMPORT(tc_hook_destroy)(int ifindex, uint32_t attach_point);
WASM_BPF_IMPORT(tc_attach)(int ifindex, uint32_t attach_point, uint32_t parent, int program,
			   uint32_t handle, uint32_t priority, uint32_t flags, void *out,
			   size_t out_len);
WASM_BPF_IMPORT(tc_detach)(int ifindex, uint32_t attach_point, uint32_t parent, uint32_t handle,
			   uint32_t priority);

#ifdef __cplusplus
}
#endif

#endif
