/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The allow-list. What is not here is refused: io_uring, userfaultfd, bpf, perf, keyrings,
 * fanotify, handles, kexec, modules, swap, quota, clocks, raw input and output, page migration,
 * vmsplice, the kernel's log.
 */
#include "engine/start/seccomp/calls.h"

const char calls_everywhere[] =
	/* process */
	"arch_prctl brk capget capset clone execve execveat exit exit_group fork getegid "
	"getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp "
	"getpid getppid getpriority getresgid getresgid32 getresuid getresuid32 getrlimit "
	"getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill nice personality "
	"pidfd_open pidfd_send_signal prctl prlimit64 ptrace rseq set_robust_list "
	"get_robust_list set_thread_area get_thread_area set_tid_address set_tls setfsgid "
	"setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setpgid "
	"setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid "
	"setreuid32 setrlimit setsid setuid setuid32 tgkill times tkill ugetrlimit umask "
	"uname unshare vfork wait4 waitid waitpid seccomp sysinfo landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self membarrier "
	/* scheduling */
	"getcpu sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
	"sched_getparam sched_getscheduler sched_rr_get_interval "
	"sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam "
	"sched_setscheduler sched_yield "
	/* signals */
	"pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo "
	"rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo "
	"sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn "
	"sigsuspend "
	/* memory */
	"cacheflush get_mempolicy madvise map_shadow_stack memfd_create mincore mlock mlock2 "
	"mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc "
	"pkey_free pkey_mprotect remap_file_pages riscv_flush_icache "
	/* time */
	"alarm clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep "
	"clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create "
	"timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime "
	"timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime "
	"timerfd_settime64 "
	/* waiting */
	"_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait "
	"epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 futex futex_time64 "
	"futex_requeue futex_wait futex_waitv futex_wake inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch poll ppoll ppoll_time64 pselect6 pselect6_time64 "
	"select "
	/* descriptors */
	"_llseek close close_range copy_file_range dup dup2 dup3 fadvise64 fadvise64_64 "
	"arm_fadvise64_64 fallocate fcntl fcntl64 fdatasync flock fsync ftruncate ftruncate64 "
	"ioctl io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup "
	"io_submit lseek pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read "
	"readahead readv sendfile sendfile64 splice sync sync_file_range sync_file_range2 "
	"syncfs tee write writev getrandom "
	/* files */
	"access cachestat chdir chmod chown chown32 chroot creat faccessat faccessat2 fchdir "
	"fchmod fchmodat fchmodat2 fchown fchown32 fchownat fgetxattr flistxattr fremovexattr "
	"fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 futimesat getcwd getdents "
	"getdents64 getxattr getxattrat lchown lchown32 lgetxattr link linkat listxattr "
	"listxattrat llistxattr lremovexattr lsetxattr lstat lstat64 mkdir mkdirat mknod "
	"mknodat name_to_handle_at newfstatat open openat openat2 readlink readlinkat "
	"removexattr removexattrat rename renameat renameat2 rmdir setxattr setxattrat stat "
	"stat64 statfs statfs64 statx symlink symlinkat truncate truncate64 unlink unlinkat "
	"utime utimensat utimensat_time64 utimes "
	/* sockets and System V and POSIX ipc */
	"accept accept4 bind connect getpeername getsockname getsockopt ipc listen "
	"mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
	"mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd process_vm_readv "
	"process_vm_writev recv recvfrom recvmmsg recvmmsg_time64 recvmsg semctl semget semop "
	"semtimedop semtimedop_time64 send sendmmsg sendmsg sendto setsockopt shmat shmctl "
	"shmdt shmget shutdown socket socketpair ";

const char calls_service[] =
	/* podman and docker: with CAP_SYS_NICE, which a command has not */
	"mbind "
	"set_mempolicy fsconfig fsmount fsopen fspick mount mount_setattr move_mount "
	"open_tree pivot_root reboot setdomainname sethostname setns umount umount2 vhangup ";

/* clone3 takes its flags from memory, where a filter cannot look. The others are new: programs ask
 * for them first and fall back when a kernel does not have them. */
const char calls_missing[] =
	"clone3 file_getattr file_setattr listmount listns lsm_get_self_attr lsm_list_modules "
	"lsm_set_self_attr open_tree_attr statmount ";
