// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_call_filter.hh"

#include <sched.h>
#include <seccomp.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "base/error.hh"

namespace nsrun::sandbox {
namespace {

using base::SystemCall;

constexpr SystemCall with_flag(uint64_t flag) noexcept { return {"clone", {0, flag, flag}}; }

// Nobody but an intruder makes them, in any C library.
constexpr SystemCall kDeadly[] = {
    // Other programs, other processes. (A fork(2) of the C library is a clone(2) without
    // CLONE_THREAD.)
    {"execve"},
    {"execveat"},
    {"fork"},
    {"vfork"},
    {"clone", {0, CLONE_THREAD, 0}},
    {"ptrace"},
    {"process_vm_readv"},
    {"process_vm_writev"},
    {"process_madvise"},
    {"kcmp"},
    {"pidfd_open"},
    {"pidfd_getfd"},
    {"pidfd_send_signal"},
    {"kill"},
    {"tkill"},
    {"rt_sigqueueinfo"},
    {"rt_tgsigqueueinfo"},
    // Namespaces and mounts.
    {"unshare"},
    {"setns"},
    with_flag(CLONE_NEWNS),
    with_flag(CLONE_NEWCGROUP),
    with_flag(CLONE_NEWUTS),
    with_flag(CLONE_NEWIPC),
    with_flag(CLONE_NEWUSER),
    with_flag(CLONE_NEWPID),
    with_flag(CLONE_NEWNET),
    {"mount"},
    {"umount2"},
    {"move_mount"},
    {"open_tree"},
    {"fsopen"},
    {"fsmount"},
    {"fsconfig"},
    {"fspick"},
    {"mount_setattr"},
    {"pivot_root"},
    {"chroot"},
    {"swapon"},
    {"swapoff"},
    {"quotactl"},
    {"acct"},
    // Doors into the kernel through which many have come.
    {"bpf"},
    {"perf_event_open"},
    {"userfaultfd"},
    {"io_uring_setup"},
    {"io_uring_enter"},
    {"io_uring_register"},
    {"keyctl"},
    {"add_key"},
    {"request_key"},
    {"modify_ldt"},
    {"vmsplice"},
    {"init_module"},
    {"finit_module"},
    {"delete_module"},
    {"kexec_load"},
    {"kexec_file_load"},
    {"reboot"},
    {"iopl"},
    {"ioperm"},
    // Files that no list of names shows, and code without a file.
    {"creat"},
    {"openat2"},
    {"open_by_handle_at"},
    {"name_to_handle_at"},
    {"mknod"},
    {"mknodat"},
    {"fanotify_init"},
    {"memfd_create"},
    {"memfd_secret"},
    {"personality"},  // READ_IMPLIES_EXEC
    // Other rights.
    {"setuid"},
    {"setgid"},
    {"setresuid"},
    {"setresgid"},
    {"setreuid"},
    {"setregid"},
    {"setfsuid"},
    {"setfsgid"},
    {"setgroups"},
    {"capset"},
};

#ifdef NSRUN_SECCOMP_KILL
constexpr uint32_t kForTheRest = SCMP_ACT_KILL_PROCESS;
#else
constexpr uint32_t kForTheRest = SCMP_ACT_ERRNO(ENOSYS);
#endif

// libseccomp returns negative errno values.
void check_seccomp(const std::string& attempted, int result) {
  if (result < 0) base::throw_errno(attempted, -result);
}

// What becomes of the calls that a filter has no rule for.
struct Defaults {
  uint32_t action;
  uint32_t foreign_architecture;  // i386 (int $0x80) and x32 on x86-64
  bool is_logged;                 // all but what is allowed
};

class Filter {
 public:
  explicit Filter(const Defaults& defaults)
      : default_action_(defaults.action),
        context_(seccomp_init(defaults.action), &seccomp_release) {
    if (context_ == nullptr) base::throw_errno("make a seccomp filter", ENOMEM);
    set("keep no-new-privs out of a seccomp filter", SCMP_FLTATR_CTL_NNP, 0);
    set("have refused system calls logged", SCMP_FLTATR_CTL_LOG, defaults.is_logged ? 1 : 0);
    set("judge other architectures", SCMP_FLTATR_ACT_BADARCH, defaults.foreign_architecture);
    // A binary tree: as fast for the last call as for the first.
    set("order a seccomp filter", SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  void add(const SystemCall& call, uint32_t action) {
    const int number = seccomp_syscall_resolve_name(call.name);
    // A library that is older than the call: then nobody makes it.
    if (number == __NR_SCMP_ERROR || action == default_action_) return;
    std::array<scmp_arg_cmp, 3> rules{};
    unsigned count = 0;
    for (const base::ArgumentRule& rule : {call.first, call.second, call.third}) {
      if (rule.mask != 0) rules[count++] = {rule.index, SCMP_CMP_MASKED_EQ, rule.mask, rule.value};
    }
    check_seccomp(std::string("allow the system call ") + call.name,
                  seccomp_rule_add_array(context_.get(), action, number, count, rules.data()));
  }

  void load() { check_seccomp("load a seccomp filter", seccomp_load(context_.get())); }

 private:
  void set(const char* attempted, scmp_filter_attr attribute, uint32_t value) {
    check_seccomp(attempted, seccomp_attr_set(context_.get(), attribute, value));
  }

  uint32_t default_action_;
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

// The quiet errors have a filter of their own, since a filter logs all that it refuses or nothing:
// a guest could fill the log. Of two filters the kernel takes the stricter answer.
void answer_quietly(base::SystemCalls declared) {
  Filter filter({SCMP_ACT_ALLOW, SCMP_ACT_ALLOW, /*is_logged=*/false});
  for (const SystemCall& call : declared) {
    if (call.error_number == 0) continue;
    filter.add(call, SCMP_ACT_ERRNO(static_cast<uint32_t>(call.error_number)));
  }
  filter.load();
}

}  // namespace

void filter_system_calls(base::SystemCalls allowed) {
  answer_quietly(allowed);
  Filter filter({kForTheRest, SCMP_ACT_KILL_PROCESS, /*is_logged=*/true});
  for (const SystemCall& call : deadly_calls()) filter.add(call, SCMP_ACT_KILL_PROCESS);
  for (const SystemCall& call : allowed) filter.add(call, SCMP_ACT_ALLOW);
  filter.load();
}

bool is_system_call(std::string_view name) {
  return seccomp_syscall_resolve_name(std::string(name).c_str()) != __NR_SCMP_ERROR;
}

base::SystemCalls deadly_calls() noexcept { return kDeadly; }

}  // namespace nsrun::sandbox
