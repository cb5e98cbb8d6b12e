// SPDX-License-Identifier: Apache-2.0
#include "intruder.hh"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <thread>

#include "sandbox/limits.hh"

namespace nsrun::helper {
namespace {

const std::string kNamespaces = "own namespaces";
const std::string kEmptyRoot = "empty root";
const std::string kCapabilities = "capabilities";
const std::string kNoNewPrivileges = "no new privileges";
const std::string kNoInspection = "no inspection";
const std::string kLimits = "limits";
const std::string kSystemCalls = "system calls";
const std::string kNever;

constexpr bool kIsDeadly = true;
constexpr bool kMayBeAbsent = true;

// For an attempt that makes one system call and looks whether it succeeded.
template <typename Call>
std::function<bool(const Surroundings&)> succeeds(Call call) {
  return [call](const Surroundings& around) { return call(around) >= 0; };
}

// The kernel looks at it: whether it grants it depends on arguments and settings.
template <typename Call>
std::function<bool(const Surroundings&)> is_answered(Call call) {
  return [call](const Surroundings& around) { return call(around) >= 0 || errno != ENOSYS; };
}

bool connects(std::string name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  return socket >= 0 && connect(socket, reinterpret_cast<sockaddr*>(&address), length) == 0;
}

int wait_for(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child ? status : -1;
}

bool is_traced_by_another(const Surroundings&) {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // Yama would let only parents trace
  const pid_t tracer = fork();
  if (tracer == 0) _exit(ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0 ? 0 : 1);
  return tracer > 0 && wait_for(tracer) == 0;
}

bool reads_memory(const Surroundings& around) {
  static char here = 1;
  char copy = 0;
  const iovec to{&copy, 1};
  const iovec from{&here, 1};
  return process_vm_readv(around.sibling, &to, 1, &from, 1, 0) == 1;
}

bool leaves_core_file(const Surroundings&) {
  rlimit limit{};
  getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return limit.rlim_max > 0 && setrlimit(RLIMIT_CORE, &limit) == 0 && prctl(PR_GET_DUMPABLE) == 1;
}

bool takes_memory(const Surroundings&) {
  return mmap(nullptr, sandbox::kMostMemoryBytes + 1, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

bool starts_process(const Surroundings&) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return child > 0 && wait_for(child) == 0;
}

bool makes_code(const Surroundings&) {
  return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
              0) != MAP_FAILED;
}

// A namespace by way of the process that is in it: the right to enter it is the one to leave.
int enter_namespace_of(long pidfd) { return setns(static_cast<int>(pidfd), CLONE_NEWUTS); }

int start_io_uring() {
  io_uring_params parameters{};
  return static_cast<int>(syscall(SYS_io_uring_setup, 1, &parameters));
}

int count_events() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  return static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

int load_code_for_socket() {
  sock_filter code[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, code};
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

int bind_to_device() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  return setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
}

int ask_for_interface() {
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  return ioctl(socket, SIOCGIFFLAGS, &request);
}

#ifdef __x86_64__
// getpid(2) of i386.
bool calls_as_i386(const Surroundings&) {
  long result = 20;
  asm volatile("int $0x80" : "+a"(result) : : "r8", "r9", "r10", "r11", "memory");
  return result == getpid();
}

bool calls_as_x32(const Surroundings&) {
  constexpr long kX32 = 0x40000000;
  return syscall(kX32 | SYS_getpid) == getpid();
}

bool calls_as_i386_in_thread(const Surroundings& around) {
  bool has_worked = false;
  std::thread([&] { has_worked = calls_as_i386(around); }).join();
  return has_worked;
}
#endif

using Around = const Surroundings&;

void add_files_and_processes(std::vector<Attempt>& list) {
  const std::vector<Attempt> more = {
      {"open a file of the host", succeeds([](Around) { return open("/etc/passwd", O_RDONLY); }),
       kEmptyRoot, kEmptyRoot},
      {"make a file", succeeds([](Around) { return open("/tmp", O_TMPFILE | O_WRONLY, 0600); }),
       kEmptyRoot, kEmptyRoot, !kIsDeadly, kMayBeAbsent},
      {"see a process in /proc", succeeds([](Around) {
         struct stat status {};
         return stat("/proc/1/status", &status);
       }),
       kEmptyRoot, kEmptyRoot},
      {"run a program", succeeds([](Around) { return execl("/bin/true", "true", nullptr); }),
       kEmptyRoot, kEmptyRoot, kIsDeadly},
      {"trace a process",
       succeeds([](Around around) { return ptrace(PTRACE_SEIZE, around.sibling, 0, 0); }),
       kCapabilities, kNamespaces, kIsDeadly},
      {"read a process's memory", reads_memory, kCapabilities, kNamespaces, kIsDeadly},
      {"signal a process of the user",
       succeeds([](Around around) { return kill(around.sibling, 0); }), kSystemCalls, kSystemCalls,
       kIsDeadly},
      {"be traced by a process of the user", is_traced_by_another, kNoInspection, kNoInspection,
       kIsDeadly},
      {"leave a core file", leaves_core_file, kNoInspection, kNoInspection, !kIsDeadly,
       kMayBeAbsent},
      {"gain rights by exec", [](Around) { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0; },
       kNoNewPrivileges, kNoNewPrivileges},
      {"start a process", starts_process, kSystemCalls, kSystemCalls, kIsDeadly},
#ifndef NSRUN_SANITIZED
      {"take memory without end", takes_memory, kLimits, kLimits, !kIsDeadly, kMayBeAbsent},
      {"be open to inspection again",
       succeeds([](Around) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }), kSystemCalls,
       kSystemCalls},
      {"change a limit", succeeds([](Around) {
         const rlimit limit{100, 100};
         return setrlimit(RLIMIT_NOFILE, &limit);
       }),
       kSystemCalls, kSystemCalls},
#endif
  };
  list.insert(list.end(), more.begin(), more.end());
}

void add_sockets(std::vector<Attempt>& list) {
  const auto socket_of = [](int family, int type, int protocol) {
    return succeeds([=](Around) { return socket(family, type, protocol); });
  };
  const std::vector<Attempt> more = {
      {"connect to a socket in the file system",
       [](Around around) { return connects(around.socket_path + '\0'); }, kEmptyRoot, kEmptyRoot},
      {"connect to an abstract socket",
       [](Around around) { return connects('\0' + around.abstract_name); }, kSystemCalls,
       kSystemCalls},
      {"open a packet socket", socket_of(AF_PACKET, SOCK_RAW, 0), kCapabilities, kNever},
      {"open a raw socket", socket_of(AF_INET, SOCK_RAW, IPPROTO_ICMP), kCapabilities, kNever},
      {"open a netlink socket", socket_of(AF_NETLINK, SOCK_RAW, 0), kSystemCalls, kSystemCalls},
      {"open an MPTCP socket", socket_of(AF_INET, SOCK_STREAM, 262), kSystemCalls, kSystemCalls,
       !kIsDeadly, kMayBeAbsent},
      {"open a socket of the crypto API", socket_of(AF_ALG, SOCK_SEQPACKET, 0), kSystemCalls,
       kSystemCalls, !kIsDeadly, kMayBeAbsent},
      {"open a socket to the hypervisor", socket_of(AF_VSOCK, SOCK_STREAM, 0), kSystemCalls,
       kSystemCalls, !kIsDeadly, kMayBeAbsent},
      {"load code for a socket", succeeds([](Around) { return load_code_for_socket(); }),
       kSystemCalls, kSystemCalls},
      {"bind a socket to a device", succeeds([](Around) { return bind_to_device(); }), kSystemCalls,
       kSystemCalls},
#ifndef NSRUN_SANITIZED
      {"ask for an interface", succeeds([](Around) { return ask_for_interface(); }), kSystemCalls,
       kSystemCalls},
      {"copy a descriptor", succeeds([](Around) { return fcntl(1, F_DUPFD, 0); }), kSystemCalls,
       kSystemCalls},
#endif
  };
  list.insert(list.end(), more.begin(), more.end());
}

void add_kernel(std::vector<Attempt>& list) {
  const std::vector<Attempt> more = {
      {"change the host's name", succeeds([](Around) { return sethostname("x", 1); }),
       kCapabilities, kCapabilities},
      // Anywhere where a directory is, before and after there is an empty root.
      {"mount", succeeds([](Around) { return mount("x", "/run", "tmpfs", 0, nullptr); }),
       kCapabilities, kCapabilities, kIsDeadly},
      {"enter a namespace",
       succeeds([](Around) { return enter_namespace_of(syscall(SYS_pidfd_open, getpid(), 0)); }),
       kCapabilities, kCapabilities, kIsDeadly},
      {"go back to the host's mounts",
       succeeds([](Around around) { return setns(around.host_mounts.number(), CLONE_NEWNS); }),
       kCapabilities, kNever, kIsDeadly},
      {"make a user namespace", succeeds([](Around) { return unshare(CLONE_NEWUSER); }),
       kSystemCalls, kSystemCalls, kIsDeadly},
      {"use a keyring",
       succeeds([](Around) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -2, 1); }),
       kSystemCalls, kSystemCalls, kIsDeadly, kMayBeAbsent},
      {"start an io_uring", succeeds([](Around) { return start_io_uring(); }), kSystemCalls,
       kSystemCalls, kIsDeadly, kMayBeAbsent},
      {"reach bpf", is_answered([](Around) { return syscall(SYS_bpf, -1, nullptr, 0); }),
       kSystemCalls, kSystemCalls, kIsDeadly, kMayBeAbsent},
      {"reach perf events", is_answered([](Around) { return count_events(); }), kSystemCalls,
       kSystemCalls, kIsDeadly, kMayBeAbsent},
      {"reach userfaultfd", is_answered([](Around) { return syscall(SYS_userfaultfd, 0); }),
       kSystemCalls, kSystemCalls, kIsDeadly, kMayBeAbsent},
      {"make a file of memory", succeeds([](Around) { return memfd_create("x", 0); }), kSystemCalls,
       kSystemCalls, kIsDeadly},
      {"make code", makes_code, kSystemCalls, kSystemCalls},
#ifdef __x86_64__
      {"make system calls as i386", calls_as_i386, kSystemCalls, kSystemCalls, kIsDeadly,
       kMayBeAbsent},
      // A filter could end the thread alone.
      {"make system calls as i386 in a thread", calls_as_i386_in_thread, kSystemCalls, kSystemCalls,
       kIsDeadly, kMayBeAbsent},
      {"make system calls as x32", calls_as_x32, kSystemCalls, kSystemCalls, kIsDeadly,
       kMayBeAbsent},
#endif
  };
  list.insert(list.end(), more.begin(), more.end());
}

bool starts_thread(const Surroundings&) {
  bool has_run = false;
  std::thread([&] { has_run = true; }).join();
  return has_run;
}

}  // namespace

std::vector<Attempt> attempts() {
  std::vector<Attempt> list;
  add_files_and_processes(list);
  add_sockets(list);
  add_kernel(list);
  return list;
}

std::vector<Attempt> honest_work() {
  const auto socket_of = [](int family, int type, int protocol) {
    return succeeds([=](Around) { return socket(family, type | SOCK_NONBLOCK, protocol); });
  };
  return {
      {"open a TCP socket", socket_of(AF_INET, SOCK_STREAM, 0), kNever, kNever},
      {"open a TCP socket for IPv6", socket_of(AF_INET6, SOCK_STREAM, 0), kNever, kNever},
      {"open a UDP socket", socket_of(AF_INET, SOCK_DGRAM, 0), kNever, kNever},
      {"start a thread", starts_thread, kNever, kNever},
      {"draw a random number", succeeds([](Around) {
         char byte = 0;
         return getrandom(&byte, 1, 0);
       }),
       kNever, kNever},
  };
}

}  // namespace nsrun::helper
