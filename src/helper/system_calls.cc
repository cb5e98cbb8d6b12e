// SPDX-License-Identifier: Apache-2.0
#include "helper/system_calls.hh"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "control/system_calls.hh"
#include "dataplane/system_calls.hh"
#include "loop/system_calls.hh"
#include "os/system_calls.hh"
#include "sandbox/runtime_calls.hh"
#include "slirp/system_calls.hh"

namespace nsrun::helper {
namespace {

using base::SystemCall;

constexpr uint64_t kNamespaceFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// The data plane's thread and the end of the process outside.
constexpr SystemCall kOwnCalls[] = {
    {"clone", {0, CLONE_THREAD | kNamespaceFlags, CLONE_THREAD}},
    // Its flags lie in memory, where no filter sees them; pthread_create(3) then asks clone(2).
    {.name = "clone3", .error_number = ENOSYS},
    {"set_robust_list"},
    {"rseq"},
    {"sched_getaffinity"},  // malloc(3) counts processors before it makes an arena
    {"wait4"},              // with control's poll(2)
};

// What open(2) may not do there: write, make, shorten.
constexpr uint64_t kChange = O_ACCMODE | O_CREAT | O_TRUNC;
static_assert(O_RDONLY == 0);

// One small file, one path to remove, one message now and then.
constexpr SystemCall kOutsideCalls[] = {
    {"read"},       {"openat", {2, kChange, O_RDONLY}},
    {"newfstatat"}, {"fstat"},  // this, the one above or those below: it depends on the C library
    {"lstat"},                  // likewise
    {"stat"},                   // likewise
    {"unlink"},     {"sendmsg"},
};

// Unix sockets of the host that --host-port names.
constexpr SystemCall kOutsideConnectCalls[] = {
    os::socket_of(AF_UNIX, SOCK_STREAM, 0),
    {"connect"},
    {"recvmsg"},
};

// One socket of the guest's network at a time, for whom the other end of the socket pair is. What
// another request of dataplane/inside_words.hh needs comes here.
constexpr SystemCall kInsideCalls[] = {
    os::socket_of(AF_INET, SOCK_STREAM, 0),
    os::socket_of(AF_INET6, SOCK_STREAM, 0),
    base::socket_option("setsockopt", SOL_SOCKET, SO_MARK),
    base::socket_option("setsockopt", IPPROTO_IP, IP_TRANSPARENT),
    base::socket_option("setsockopt", IPPROTO_IPV6, IPV6_TRANSPARENT),
    {"recvmsg"},
    {"sendmsg"},
};

SystemCall own_abort() {
  const auto own_pid = static_cast<uint32_t>(getpid());
  return {"tgkill", base::argument_is(0, own_pid)};  // abort(3) signals this process and no other
}

void append(std::vector<SystemCall>& calls, base::SystemCalls more) {
  calls.insert(calls.end(), more.begin(), more.end());
}

std::vector<SystemCall> with_runtime(base::SystemCalls own) {
  std::vector<SystemCall> calls;
  append(calls, sandbox::kRuntimeCalls);
  append(calls, own);
  calls.push_back(own_abort());
  return calls;
}

}  // namespace

std::vector<SystemCall> helper_calls() {
  std::vector<SystemCall> calls;
  for (const base::SystemCalls room :
       {base::SystemCalls(sandbox::kRuntimeCalls), base::SystemCalls(os::kSystemCalls),
        base::SystemCalls(loop::kSystemCalls), base::SystemCalls(slirp::kSystemCalls),
        base::SystemCalls(control::kSystemCalls), base::SystemCalls(dataplane::kSystemCalls),
        base::SystemCalls(kOwnCalls)}) {
    append(calls, room);
  }
  calls.push_back(own_abort());
  return calls;
}

std::vector<SystemCall> outside_calls(bool connects) {
  std::vector<SystemCall> calls = with_runtime(kOutsideCalls);
  if (connects) append(calls, kOutsideConnectCalls);
  return calls;
}

std::vector<SystemCall> inside_calls() { return with_runtime(kInsideCalls); }

}  // namespace nsrun::helper
