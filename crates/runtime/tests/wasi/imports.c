/* Imports every function of preview 1 with the types that the C library gives it. */
#include <wasi/api.h>

#define NAME(function) (void *)__wasi_##function

static void *const functions[] = {
	NAME(args_get), NAME(args_sizes_get), NAME(environ_get), NAME(environ_sizes_get),
	NAME(clock_res_get), NAME(clock_time_get), NAME(fd_advise), NAME(fd_allocate), NAME(fd_close),
	NAME(fd_datasync), NAME(fd_fdstat_get), NAME(fd_fdstat_set_flags), NAME(fd_fdstat_set_rights),
	NAME(fd_filestat_get), NAME(fd_filestat_set_size), NAME(fd_filestat_set_times), NAME(fd_pread),
	NAME(fd_prestat_get), NAME(fd_prestat_dir_name), NAME(fd_pwrite), NAME(fd_read), NAME(fd_readdir),
	NAME(fd_renumber), NAME(fd_seek), NAME(fd_sync), NAME(fd_tell), NAME(fd_write),
	NAME(path_create_directory), NAME(path_filestat_get), NAME(path_filestat_set_times), NAME(path_link),
	NAME(path_open), NAME(path_readlink), NAME(path_remove_directory), NAME(path_rename), NAME(path_symlink),
	NAME(path_unlink_file), NAME(poll_oneoff), NAME(proc_exit), NAME(random_get), NAME(sched_yield),
	NAME(sock_accept), NAME(sock_recv), NAME(sock_send), NAME(sock_shutdown),
};

int main(void)
{
	for (void *const volatile *function = functions; function < functions + 45; function++)
		if (!*function)
			return 1;
	return 0;
}
