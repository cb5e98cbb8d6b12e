// SPDX-License-Identifier: Apache-2.0
#include "sandbox/system_call_filter.hh"

#include <seccomp.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "base/error.hh"

namespace nsrun::sandbox {
namespace {

using base::SystemCall;

constexpr SystemCall kDeadly[] = {
    {"execve"},
    {"execveat"},
    {"ptrace"},
    {"process_vm_readv"},
    {"process_vm_writev"},
    {"fork"},
    {"vfork"},
    {"unshare"},
    {"setns"},
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
    {"bpf"},
    {"perf_event_open"},
    {"userfaultfd"},
    {"io_uring_setup"},
    {"io_uring_enter"},
    {"io_uring_register"},
    {"keyctl"},
    {"add_key"},
    {"request_key"},
    {"init_module"},
    {"finit_module"},
    {"delete_module"},
    {"kexec_load"},
    {"kexec_file_load"},
    {"reboot"},
    {"openat2"},
    {"open_by_handle_at"},
    {"name_to_handle_at"},
    {"pidfd_getfd"},
    {"memfd_create"},
    {"setuid"},
    {"setgid"},
    {"setresuid"},
    {"setresgid"},
    {"setreuid"},
    {"setregid"},
    {"setgroups"},
    {"capset"},
    {"personality"},
    {"mknod"},
    {"mknodat"},
    {"swapon"},
    {"swapoff"},
    {"quotactl"},
    {"acct"},
    {"iopl"},
    {"ioperm"},
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

class Filter {
 public:
  Filter() : context_(seccomp_init(kForTheRest), &seccomp_release) {
    if (context_ == nullptr) base::throw_errno("make a seccomp filter", ENOMEM);
    set("keep no-new-privs out of a seccomp filter", SCMP_FLTATR_CTL_NNP, 0);
    set("have refused system calls logged", SCMP_FLTATR_CTL_LOG, 1);
    // A binary tree: as fast for the last call as for the first.
    set("order a seccomp filter", SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  void add(const SystemCall& call, uint32_t action) {
    const int number = seccomp_syscall_resolve_name(call.name);
    // A library that is older than the call: then nobody makes it.
    if (number == __NR_SCMP_ERROR || action == kForTheRest) return;
    std::array<scmp_arg_cmp, 2> rules{};
    unsigned count = 0;
    for (const base::ArgumentRule& rule : {call.first, call.second}) {
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

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

}  // namespace

void filter_system_calls(base::SystemCalls allowed) {
  Filter filter;
  for (const SystemCall& call : deadly_calls()) filter.add(call, SCMP_ACT_KILL_PROCESS);
  for (const SystemCall& call : allowed) {
    filter.add(call, call.error_number == 0
                         ? SCMP_ACT_ALLOW
                         : SCMP_ACT_ERRNO(static_cast<uint32_t>(call.error_number)));
  }
  filter.load();
}

bool is_system_call(std::string_view name) {
  return seccomp_syscall_resolve_name(std::string(name).c_str()) != __NR_SCMP_ERROR;
}

base::SystemCalls deadly_calls() noexcept { return kDeadly; }

}  // namespace nsrun::sandbox
