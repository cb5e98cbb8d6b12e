// SPDX-License-Identifier: Apache-2.0
//
// Each stage in a forked child: afterwards, what must fail does fail. The child looks at every
// thread's status below /proc/self/task, as other programs would.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "os/process.hh"
#include "sandbox/capabilities.hh"
#include "sandbox/limits.hh"
#include "sandbox/lock_down.hh"
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
    drop_capabilities();
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
    drop_capabilities();
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
    drop_capabilities();
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
    drop_capabilities();  // root would be let in everywhere
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

TEST(LockDown, AllStagesTogetherLeaveNothingOpen) {
  expect_in_child([] {
    lock_down();
    const char* kept = field("/proc/self/status", "CapPrm") == kNone ? kNone : kBindOnly;
    return HOLDS(every_thread_has("CapEff", kept)) && HOLDS(every_thread_has("NoNewPrivs", "1")) &&
           HOLDS(prctl(PR_GET_DUMPABLE) == 0) && HOLDS(kept == kNone || is_root());
  });
}

TEST(LockDown, CapabilitiesGoBeforeTheProcessIsMadeNonDumpable) {
  // Changing credentials may make a process dumpable again (credentials(7), commit_creds()).
  EXPECT_EQ(stages().back().apply, &forbid_inspection);
}

TEST(Version, HasThreeNumbers) { EXPECT_EQ(std::ranges::count(seccomp_library_version(), '.'), 2); }

}  // namespace
}  // namespace nsrun::sandbox
