// SPDX-License-Identifier: Apache-2.0
//
// Which stage of lock-down stops what. For each attempt of an intruder and each number of stages a
// child applies so many of them and then tries: it must work until its stage, and never again after
// it. With the system calls that the helper really declares.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <tuple>

#include "base/error.hh"
#include "helper/system_calls.hh"
#include "intruder.hh"
#include "os/id_maps.hh"
#include "os/process.hh"
#include "sandbox/lock_down.hh"
#include "support/temporary_folder.hh"

namespace nsrun::helper {
namespace {

namespace fs = std::filesystem;

enum class Caller { kRoot, kUser };
enum class Outcome { kWorks, kFails, kKilled, kCrashes };

constexpr uid_t kNobody = 65534;

// Root of a network, whoever runs the test, with mounts, a network and a name that may be changed.
void become_root() {
  if (geteuid() != 0) {
    const os::Ids ids = os::own_ids();
    base::check("make a user namespace", unshare(CLONE_NEWUSER));
    os::write_id_maps("self", ids, {0, 0});
  }
  base::check("make namespaces", unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC));
  base::check("keep mounts in", mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr));
}

void become_user() {
  if (geteuid() != 0) return;
  base::check("become a user", setresgid(kNobody, kNobody, kNobody));
  base::check("become a user", setresuid(kNobody, kNobody, kNobody));
  base::check("be dumpable as ordinary programs are", prctl(PR_SET_DUMPABLE, 1));
}

base::Fd listen_at(const std::string& name) {
  base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  EXPECT_EQ(bind(socket.number(), reinterpret_cast<sockaddr*>(&address), length), 0) << name;
  EXPECT_EQ(listen(socket.number(), 100), 0);
  return socket;
}

// Ends with the process that started it.
pid_t start_sibling() {
  os::Child sibling = os::Child::start([parent = getpid()] {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) pause();
    return 0;
  });
  const pid_t pid = sibling.pid();
  sibling.disown();
  return pid;
}

std::vector<sandbox::Stage> all_stages(base::SystemCalls allowed) {
  std::vector<sandbox::Stage> stages = sandbox::isolation_stages({});
  std::ranges::move(sandbox::renunciation_stages(allowed, CAP_NET_BIND_SERVICE),
                    std::back_inserter(stages));
  return stages;
}

size_t index_of(const std::string& name) {
  const auto stages = all_stages({});
  const auto found = std::ranges::find(stages, name, &sandbox::Stage::name);
  EXPECT_NE(found, stages.end()) << name;
  return static_cast<size_t>(found - stages.begin());
}

class LockDownTest : public testing::TestWithParam<std::tuple<Caller, Attempt>> {
 protected:
  LockDownTest() { fs::permissions(folder_.path(), fs::perms::all); }

  Caller caller() const { return std::get<Caller>(GetParam()); }
  const Attempt& attempt() const { return std::get<Attempt>(GetParam()); }
  const std::string& stopped_by() const {
    return caller() == Caller::kRoot ? attempt().stopped_for_root : attempt().stopped_for_user;
  }

  // Of the first `count` stages.
  Outcome outcome_after(size_t count) { return outcome_after(0, count); }
  Outcome outcome_after_last_alone() { return outcome_after(all_stages({}).size() - 1, 1); }

  virtual std::vector<base::SystemCall> allowed_calls() const { return helper_calls(); }

 private:
  Outcome outcome_after(size_t first, size_t count) {
    const std::string socket_path = folder_ / "socket";
    fs::remove(socket_path);
    os::Child child = os::Child::start([&] { return try_after(first, count, socket_path); });
    const os::Ending ending = child.wait();
    if (ending.signal == SIGSYS) return Outcome::kKilled;
    if (ending.signal != 0) return Outcome::kCrashes;
    EXPECT_LE(ending.exit_code, 1) << "not tried after " << count << " stages";
    return ending.exit_code == 0 ? Outcome::kWorks : Outcome::kFails;
  }

  // 0: it works, 1: it fails; others: the test could not prepare.
  int try_after(size_t first, size_t count, const std::string& socket_path) {
    Surroundings around{socket_path, "nsrun-lockdown-" + std::to_string(getpid()), 0,
                        base::Fd(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC))};
    caller() == Caller::kRoot ? become_root() : become_user();
    const base::Fd in_file_system = listen_at(around.socket_path);
    const base::Fd abstract = listen_at('\0' + around.abstract_name);
    around.sibling = start_sibling();
    const std::vector<base::SystemCall> allowed = allowed_calls();
    const std::vector<sandbox::Stage> stages = all_stages(allowed);
    const auto begin = stages.begin() + static_cast<ptrdiff_t>(first);
    sandbox::apply_stages({begin, begin + static_cast<ptrdiff_t>(count)},
                          sandbox::Missing::kIsAnError);
    // At once: what comes next may be forbidden.
    _exit(attempt().works(around) ? 0 : 1);
  }

  test::TemporaryFolder folder_;
};

using IntruderTest = LockDownTest;

TEST_P(IntruderTest, IsStoppedByTheStageThatIsMeantForIt) {
  const size_t last = all_stages({}).size();
  // Who may do it at no time gains it by no stage.
  const bool is_ever_allowed = !stopped_by().empty();
  const size_t stage = is_ever_allowed ? index_of(stopped_by()) : 0;
  const Outcome before = is_ever_allowed ? outcome_after(stage) : Outcome::kFails;
  const bool is_absent = attempt().may_be_absent && before != Outcome::kWorks;
  if (is_absent && (before == Outcome::kCrashes || !attempt().is_deadly)) {
    GTEST_SKIP() << "this host cannot do it";
  }
  ASSERT_TRUE(before == Outcome::kWorks || is_absent || !is_ever_allowed)
      << "does not work before the stage that stops it";
  for (size_t count = is_ever_allowed ? stage + 1 : 0; count <= last; ++count) {
    EXPECT_NE(outcome_after(count), Outcome::kWorks) << "after " << count << " stages";
  }
  if (attempt().is_deadly) {
    EXPECT_EQ(outcome_after(last), Outcome::kKilled);
  }
}

using FilterTest = LockDownTest;

// What the earlier stages stop, the filter stops as well: an error in one is not the end.
TEST_P(FilterTest, StopsItAlone) { EXPECT_NE(outcome_after_last_alone(), Outcome::kWorks); }

class InsideFilterTest : public LockDownTest {
 protected:
  std::vector<base::SystemCall> allowed_calls() const override { return inside_calls(); }
};

// The process inside has less to do than the helper, and may do less.
TEST_P(InsideFilterTest, StopsItAlone) { EXPECT_NE(outcome_after_last_alone(), Outcome::kWorks); }

class OutsideFilterTest : public LockDownTest {
 protected:
  std::vector<base::SystemCall> allowed_calls() const override {
    return outside_calls(/*connects=*/true);
  }
};

TEST_P(OutsideFilterTest, StopsItAlone) { EXPECT_NE(outcome_after_last_alone(), Outcome::kWorks); }

using HonestTest = LockDownTest;

TEST_P(HonestTest, GoesOnAfterAllStages) {
  EXPECT_EQ(outcome_after(all_stages({}).size()), Outcome::kWorks);
}

std::string name_of(const testing::TestParamInfo<std::tuple<Caller, Attempt>>& info) {
  std::string name = std::get<Caller>(info.param) == Caller::kRoot ? "root_" : "user_";
  name += std::get<Attempt>(info.param).name;
  std::ranges::replace_if(
      name, [](char c) { return isalnum(c) == 0; }, '_');
  return name;
}

// All but what no filter can see: it gets addresses and sizes.
std::vector<Attempt> attempts_that_a_filter_sees() {
  std::vector<Attempt> seen = attempts();
  std::erase_if(seen, [](const Attempt& each) { return each.name == "take memory without end"; });
#ifdef NSRUN_SANITIZED
  // prctl(2) is one of the calls that sanitizers need.
  std::erase_if(seen, [](const Attempt& each) {
    return each.name == "leave a core file" || each.name == "gain rights by exec";
  });
#endif
  return seen;
}

// What the process outside is for: files to read, and paths to connect to.
std::vector<Attempt> attempts_that_outside_has_no_use_for() {
  std::vector<Attempt> rest = attempts_that_a_filter_sees();
  std::erase_if(rest, [](const Attempt& each) {
    return each.name == "open a file of the host" || each.name == "see a process in /proc" ||
           each.name == "connect to a socket in the file system" ||
           each.name == "connect to an abstract socket";
  });
  return rest;
}

constexpr Caller kCallers[] = {Caller::kRoot, Caller::kUser};
INSTANTIATE_TEST_SUITE_P(Each, IntruderTest,
                         testing::Combine(testing::ValuesIn(kCallers),
                                          testing::ValuesIn(attempts())),
                         name_of);
// With all rights; a user needs no-new-privs before it.
INSTANTIATE_TEST_SUITE_P(Each, FilterTest,
                         testing::Combine(testing::Values(Caller::kRoot),
                                          testing::ValuesIn(attempts_that_a_filter_sees())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Each, InsideFilterTest,
                         testing::Combine(testing::Values(Caller::kRoot),
                                          testing::ValuesIn(attempts_that_a_filter_sees())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(
    Each, OutsideFilterTest,
    testing::Combine(testing::Values(Caller::kRoot),
                     testing::ValuesIn(attempts_that_outside_has_no_use_for())),
    name_of);
INSTANTIATE_TEST_SUITE_P(Each, HonestTest,
                         testing::Combine(testing::ValuesIn(kCallers),
                                          testing::ValuesIn(honest_work())),
                         name_of);

}  // namespace

// Google Test's name. NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Attempt& attempt, std::ostream* out) { *out << attempt.name; }

}  // namespace nsrun::helper
