// SPDX-License-Identifier: Apache-2.0
//
// Each stage in a forked child: afterwards, what must fail does fail. The child looks at every
// thread's status below /proc/self/task, as other programs would.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.hh"
#include "os/process.hh"
#include "sandbox/capabilities.hh"
#include "sandbox/empty_root.hh"
#include "sandbox/limits.hh"
#include "sandbox/lock_down.hh"
#include "sandbox/own_namespaces.hh"
#include "sandbox/runtime_calls.hh"
#include "sandbox/system_call_filter.hh"
#include "sandbox/version.hh"

namespace nsrun::sandbox {
namespace {

namespace fs = std::filesystem;

// Runs `body` in a child and expects that it returns true; it says on stderr what it found wrong.
void expect_in_child(const std::function<bool()>& body) {
  os::Child child = os::Child::start([&] { return body() ? 0 : 1; });
  EXPECT_EQ(child.wait().status(), 0);
}

bool holds(bool fact, const char* words) {
  if (!fact) std::cerr << "does not hold: " << words << "\n";
  return fact;
}
#define HOLDS(fact) holds((fact), #fact)

std::string field(const fs::path& status, const std::string& name) {
  std::ifstream file(status);
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "(absent)";
}

// True when the field has this value in each thread of the calling process.
bool every_thread_has(const std::string& name, const std::string& value) {
  bool all = true;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    const std::string found = field(task.path() / "status", name);
    if (found != value) {
      std::cerr << name << " is " << found << ", not " << value << "\n";
      all = false;
    }
  }
  return all;
}

constexpr const char* kNone = "0000000000000000";
constexpr const char* kBindOnly = "0000000000000400";  // CAP_NET_BIND_SERVICE is number 10

bool is_root() { return geteuid() == 0; }

TEST(Capabilities, OnlyNetBindServiceStaysWhereItWasHeld) {
  if (!is_root()) GTEST_SKIP() << "holds no capability that could be dropped";
  expect_in_child([] {
    drop_capabilities(CAP_NET_BIND_SERVICE);
    return HOLDS(every_thread_has("CapPrm", kBindOnly)) &&
           HOLDS(every_thread_has("CapEff", kBindOnly)) &&
           HOLDS(every_thread_has("CapBnd", kBindOnly)) &&
           HOLDS(every_thread_has("CapInh", kNone)) && HOLDS(every_thread_has("CapAmb", kNone)) &&
           HOLDS(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM) &&
           HOLDS(sethostname("x", 1) < 0 && errno == EPERM);
  });
}

TEST(Capabilities, NetBindServiceIsNotGainedWhereItWasNotHeld) {
  expect_in_child([] {
    cap_t none = cap_init();
    cap_set_proc(none);
    cap_free(none);
    drop_capabilities(CAP_NET_BIND_SERVICE);
    return HOLDS(every_thread_has("CapPrm", kNone)) && HOLDS(every_thread_has("CapEff", kNone)) &&
           HOLDS(every_thread_has("CapInh", kNone)) && HOLDS(every_thread_has("CapAmb", kNone));
  });
}

TEST(Capabilities, AmbientAndInheritableOnesGoToo) {
  if (!is_root()) GTEST_SKIP() << "holds no capability that could be made ambient";
  expect_in_child([] {
    const cap_value_t which = CAP_NET_RAW;
    cap_t held = cap_get_proc();
    cap_set_flag(held, CAP_INHERITABLE, 1, &which, CAP_SET);
    cap_set_proc(held);
    cap_free(held);
    if (!HOLDS(cap_set_ambient(which, CAP_SET) == 0)) return false;
    drop_capabilities(CAP_NET_BIND_SERVICE);
    return HOLDS(every_thread_has("CapInh", kNone)) && HOLDS(every_thread_has("CapAmb", kNone));
  });
}

TEST(NoNewPrivileges, IsSetForEveryThread) {
  expect_in_child([] {
    forbid_new_privileges();
    return HOLDS(every_thread_has("NoNewPrivs", "1"));
  });
}

TEST(NoInspection, OthersOfTheSameUserCannotAttachNorReadOurFiles) {
  expect_in_child([] {
    drop_capabilities(CAP_NET_BIND_SERVICE);  // root would be let in everywhere
    int ready[2];
    int ending[2];
    if (pipe(ready) != 0 || pipe(ending) != 0) return false;
    os::Child inspected = os::Child::start([&] {
      close(ending[1]);
      forbid_inspection();
      if (write(ready[1], "1", 1) != 1) return 1;
      char byte;
      return read(ending[0], &byte, 1) == 0 ? 0 : 1;
    });
    char byte;
    if (read(ready[0], &byte, 1) != 1) return false;
    const std::string files = "/proc/" + std::to_string(inspected.pid());
    return HOLDS(ptrace(PTRACE_SEIZE, inspected.pid(), 0, 0) < 0 && errno == EPERM) &&
           HOLDS(open((files + "/mem").c_str(), O_RDONLY) < 0 && errno == EACCES) &&
           HOLDS(readlink((files + "/fd/0").c_str(), &byte, 1) < 0 && errno == EACCES) &&
           HOLDS(readlink((files + "/root").c_str(), &byte, 1) < 0 && errno == EACCES);
  });
}

TEST(NoInspection, NoCoreFileIsWritten) {
  expect_in_child([] {
    forbid_inspection();
    rlimit limit{};
    getrlimit(RLIMIT_CORE, &limit);
    return HOLDS(prctl(PR_GET_DUMPABLE) == 0) && HOLDS(limit.rlim_cur == 0) &&
           HOLDS(limit.rlim_max == 0);
  });
}

TEST(Limits, NoMemoryIsLockedAndTheRestIsBounded) {
  expect_in_child([] {
    limit_memory();
    rlimit locked{};
    rlimit data{};
    getrlimit(RLIMIT_MEMLOCK, &locked);
    getrlimit(RLIMIT_DATA, &data);
#ifdef NSRUN_SANITIZED
    data.rlim_max = kMostMemoryBytes;
#endif
    return HOLDS(locked.rlim_max == 0) && HOLDS(data.rlim_max <= kMostMemoryBytes);
  });
}

TEST(Limits, ALowerLimitStays) {
  expect_in_child([] {
    constexpr rlim_t kLow = rlim_t{1} << 30;
    const rlimit low{kLow, kLow};
    setrlimit(RLIMIT_DATA, &low);
    limit_memory();
    rlimit data{};
    getrlimit(RLIMIT_DATA, &data);
    return HOLDS(data.rlim_max == kLow);
  });
}

TEST(DescriptorLimit, IsTheHardLimit) {
  expect_in_child([] {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &limit);
    raise_descriptor_limit();
    getrlimit(RLIMIT_NOFILE, &limit);
    return HOLDS(limit.rlim_cur == limit.rlim_max) && HOLDS(limit.rlim_cur > 64);
  });
}

// What a process of the test needs to report, and to look around with.
constexpr base::SystemCall kForLooking[] = {{"openat"}, {"newfstatat"}, {"getdents64"}, {"read"},
                                            {"lseek"},  {"prctl"},      {"readlink"},   {"fstat"},
                                            {"fcntl"},  {"geteuid"}};

std::vector<base::SystemCall> calls_of_the_test() {
  std::vector<base::SystemCall> calls(std::begin(kRuntimeCalls), std::end(kRuntimeCalls));
  calls.insert(calls.end(), std::begin(kForLooking), std::end(kForLooking));
  return calls;
}

TEST(LockDown, RenunciationLeavesNoRightsAndAFilter) {
  expect_in_child([] {
    const auto calls = calls_of_the_test();
    apply_stages(renunciation_stages(calls, std::nullopt), Missing::kIsAnError);
    const char* kept = field("/proc/self/status", "CapPrm") == kNone ? kNone : kBindOnly;
    return HOLDS(every_thread_has("CapEff", kept)) && HOLDS(every_thread_has("NoNewPrivs", "1")) &&
           HOLDS(every_thread_has("Seccomp", "2")) && HOLDS(prctl(PR_GET_DUMPABLE) == 0) &&
           HOLDS(kept == kNone || is_root());
  });
}

std::vector<std::string> names_of(const std::vector<Stage>& stages) {
  std::vector<std::string> names;
  for (const Stage& stage : stages) names.emplace_back(stage.name);
  return names;
}

TEST(LockDown, StagesComeInTheOneOrderInWhichTheyCanBeHad) {
  // Each comment in lock_down.cc has the reason.
  EXPECT_EQ(names_of(isolation_stages({})),
            (std::vector<std::string>{"own namespaces", "empty root"}));
  EXPECT_EQ(names_of(renunciation_stages({}, std::nullopt)),
            (std::vector<std::string>{"capabilities", "no new privileges", "no inspection",
                                      "limits", "system calls"}));
}

const Stage kForbidden{"impossible", [] { base::throw_errno("do it", EPERM); },
                       /*may_be_forbidden=*/true};

std::string refusal(const std::vector<Stage>& stages, Missing missing) {
  try {
    apply_stages(stages, missing);
    return "applied";
  } catch (const base::Failure& failure) {
    return failure.what();
  }
}

TEST(LockDown, AStageThatTheHostForbidsIsNamedAndHowToGoOn) {
  EXPECT_EQ(refusal({kForbidden}, Missing::kIsAnError),
            "lock-down, stage impossible: do it: Operation not permitted (--no-sandbox goes on "
            "without what the host forbids)");
}

TEST(LockDown, AStageThatTheHostForbidsIsLeftOutForWhoAllowsIt) {
  bool is_reached = false;
  const auto left_out =
      apply_stages({kForbidden, {"next", [&] { is_reached = true; }}}, Missing::kIsAllowed);
  EXPECT_EQ(left_out, std::vector<std::string>{"impossible (do it: Operation not permitted)"});
  EXPECT_TRUE(is_reached);
}

TEST(LockDown, AStageThatCanBeHadEverywhereIsNeverLeftOut) {
  Stage stage = kForbidden;
  stage.may_be_forbidden = false;
  EXPECT_EQ(refusal({stage}, Missing::kIsAllowed),
            "lock-down, stage impossible: do it: Operation not permitted");
}

// Reads as the child's: false where the host forbids user namespaces.
bool can_isolate() {
  return os::Child::start([] {
           enter_own_namespaces({});
           return 0;
         })
             .wait()
             .status() == 0;
}

TEST(OwnNamespaces, AreOthersThanTheTests) {
  if (!can_isolate()) GTEST_SKIP() << "no user namespace can be made here";
  const auto id_of = [](const char* kind) {
    return fs::read_symlink(std::string("/proc/self/ns/") + kind).string();
  };
  const std::string mounts = id_of("mnt");
  const std::string names = id_of("uts");
  const std::string messages = id_of("ipc");
  const std::string network = id_of("net");
  const std::string processes = id_of("pid");
  expect_in_child([&] {
    enter_own_namespaces({});
    return HOLDS(id_of("mnt") != mounts) && HOLDS(id_of("uts") != names) &&
           HOLDS(id_of("ipc") != messages) && HOLDS(id_of("net") == network) &&
           HOLDS(id_of("pid") == processes);
  });
}

TEST(OwnNamespaces, WithoutRightsTheUserNamespaceIsOurOwnAndIdsStay) {
  if (!can_isolate()) GTEST_SKIP() << "no user namespace can be made here";
  const std::string user = fs::read_symlink("/proc/self/ns/user").string();
  expect_in_child([&] {
    const uid_t uid = is_root() ? 65534 : geteuid();
    // A change of the uid takes the capabilities, and makes non-dumpable.
    if (setresuid(uid, uid, uid) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0) return false;
    enter_own_namespaces({});
    return HOLDS(fs::read_symlink("/proc/self/ns/user").string() != user) &&
           HOLDS(geteuid() == uid) && HOLDS(holds_capability(CAP_SYS_ADMIN));
  });
}

TEST(EmptyRoot, HoldsEtcAndRunAndNothingElseAndCannotBeWritten) {
  if (!can_isolate()) GTEST_SKIP() << "no user namespace can be made here";
  expect_in_child([] {
    enter_own_namespaces({});
    enter_empty_root(Mounts::kOwn);
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator("/")) names.push_back(entry.path());
    std::ranges::sort(names);
    struct stat status {};
    return HOLDS((names == std::vector<std::string>{"/etc", "/run"})) &&
           HOLDS(fs::current_path() == "/") &&
           HOLDS(open("/file", O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS) &&
           HOLDS(stat("/proc/self", &status) < 0) && HOLDS(stat("../../../home", &status) < 0);
  });
}

// Without mounts of its own a mount would be everybody's.
TEST(EmptyRoot, WithSharedMountsIsTheDirectoryOfADeadProcess) {
  if (!can_isolate()) GTEST_SKIP() << "no user namespace can be made here";
  expect_in_child([] {
    enter_own_namespaces({});
    enter_empty_root(Mounts::kShared);
    struct stat status {};
    return HOLDS(stat("/etc", &status) < 0) && HOLDS(stat("/0", &status) < 0) &&
           HOLDS(stat("../../etc", &status) < 0) && HOLDS(mkdir("/x", 0700) < 0) &&
           HOLDS(open("/x", O_CREAT | O_WRONLY, 0600) < 0);
  });
}

// As in a host that lives in its initramfs (pivot_root(2)).
bool take_pivot_root_away() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(pivot_root), 0) == 0 &&
         seccomp_load(filter) == 0;
}

TEST(EmptyRoot, WithoutPivotRootIsTheDirectoryOfADeadProcess) {
  if (!can_isolate()) GTEST_SKIP() << "no user namespace can be made here";
  expect_in_child([] {
    enter_own_namespaces({});
    if (!HOLDS(take_pivot_root_away())) return false;
    enter_empty_root(Mounts::kOwn);
    struct stat status {};
    return HOLDS(fs::current_path() == "/") && HOLDS(stat("/etc", &status) < 0) &&
           HOLDS(stat("/0", &status) < 0) && HOLDS(mkdir("/x", 0700) < 0);
  });
}

TEST(EmptyRoot, TakesNothingAwayFromOthers) {
  if (!can_isolate()) GTEST_SKIP() << "no user namespace can be made here";
  const auto mounts = [] {
    std::ifstream file("/proc/self/mountinfo");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = mounts();
  expect_in_child([] {
    enter_own_namespaces({});
    enter_empty_root(Mounts::kOwn);
    return true;
  });
  EXPECT_EQ(mounts(), before);
}

// How a child ends that is locked down and then does `forbidden`.
int signal_after(const std::function<void()>& forbidden) {
  os::Child child = os::Child::start([&] {
    const auto calls = calls_of_the_test();
    forbid_new_privileges();
    filter_system_calls(calls);
    forbidden();
    return 0;
  });
  return child.wait().signal;
}

TEST(SystemCallFilter, WhatOnlyAnIntruderDoesKills) {
  EXPECT_EQ(signal_after([] { execl("/bin/true", "true", nullptr); }), SIGSYS);
  EXPECT_EQ(signal_after([] { ptrace(PTRACE_TRACEME, 0, 0, 0); }), SIGSYS);
  EXPECT_EQ(signal_after([] { unshare(CLONE_NEWUSER); }), SIGSYS);
  EXPECT_EQ(signal_after([] { syscall(SYS_bpf, 0, 0, 0); }), SIGSYS);
  EXPECT_EQ(signal_after([] { syscall(SYS_io_uring_setup, 1, 0); }), SIGSYS);
  EXPECT_EQ(signal_after([] { syscall(SYS_keyctl, 0, 0); }), SIGSYS);
  EXPECT_EQ(signal_after([] { syscall(SYS_mount, 0, 0, 0, 0, 0); }), SIGSYS);
}

TEST(SystemCallFilter, WhatIsDeclaredPasses) {
  EXPECT_EQ(signal_after([] { static_cast<void>(fs::exists("/proc")); }), 0);
}

TEST(SystemCallFilter, ADeclaredErrorIsGivenQuietly) {
  expect_in_child([] {
    auto calls = calls_of_the_test();
    calls.push_back({.name = "getppid", .error_number = ENOENT});
    forbid_new_privileges();
    filter_system_calls(calls);
    return HOLDS(syscall(SYS_getppid) < 0 && errno == ENOENT);
  });
}

TEST(SystemCallFilter, ArgumentsAreLookedAtWithoutTheirUpperHalf) {
  expect_in_child([] {
    auto calls = calls_of_the_test();
    calls.push_back({"socket", base::argument_is(0, AF_INET)});
    calls.push_back(
        {.name = "socket", .first = base::argument_is(0, AF_UNIX), .error_number = EACCES});
    forbid_new_privileges();
    filter_system_calls(calls);
    const long high = 0x100000000L;
    return HOLDS(syscall(SYS_socket, high | AF_INET, SOCK_DGRAM, 0) >= 0) &&
           HOLDS(syscall(SYS_socket, high | AF_UNIX, SOCK_DGRAM, 0) < 0 && errno == EACCES);
  });
}

TEST(SystemCallFilter, EveryNameIsOneThatTheLibraryKnows) {
  for (const base::SystemCall& call : deadly_calls()) {
    EXPECT_TRUE(is_system_call(call.name)) << call.name;
  }
  for (const base::SystemCall& call : kRuntimeCalls) {
    EXPECT_TRUE(is_system_call(call.name)) << call.name;
  }
}

TEST(Version, HasThreeNumbers) { EXPECT_EQ(std::ranges::count(seccomp_library_version(), '.'), 2); }

}  // namespace
}  // namespace nsrun::sandbox
