// SPDX-License-Identifier: Apache-2.0
#include "launcher/control_group.hh"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hh"
#include "support/temporary_folder.hh"

namespace nsrun::launcher {
namespace {

namespace fs = std::filesystem;

// A folder with what the kernel has in a control group; what it would do with it is not played.
class ControlGroupTest : public testing::Test {
 protected:
  ControlGroupTest() {
    file("cgroup.type", "domain\n");
    file("cgroup.controllers", "cpuset cpu io memory pids\n");
    file("cgroup.subtree_control", "\n");
    file("cgroup.procs", "17\n");
  }

  void file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::string text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  test::TemporaryFolder folder_;
  Limits limits_{.memory_bytes = 4096, .cpu_microseconds = 500'000, .processes = 9};
};

TEST_F(ControlGroupTest, OthersMakeRoomAndTheProcessIsLimited) {
  ControlGroup group(folder_.path(), "x", limits_);
  EXPECT_EQ(text("x.others/cgroup.procs"), "17");
  EXPECT_EQ(text("cgroup.subtree_control"), "+memory +cpu +pids");
  EXPECT_EQ(text("x/memory.max"), "4096");
  EXPECT_EQ(text("x/cpu.max"), "50000 100000");
  EXPECT_EQ(text("x/pids.max"), "9");
  add_to_group(group.path(), 4711);
  EXPECT_EQ(text("x/cgroup.procs"), "4711");
}

TEST_F(ControlGroupTest, WhereAllIsEnabledNobodyMoves) {
  file("cgroup.subtree_control", "memory pids cpu\n");
  const ControlGroup group(folder_.path(), "x", limits_);
  EXPECT_FALSE(fs::exists(folder_ / "x.others"));
  EXPECT_EQ(text("cgroup.subtree_control"), "memory pids cpu\n");
}

TEST_F(ControlGroupTest, OnlyWhatIsLackingIsEnabled) {
  file("cgroup.subtree_control", "memory cpu\n");
  {
    const ControlGroup group(folder_.path(), "x", limits_);
    EXPECT_EQ(text("cgroup.subtree_control").substr(0, 5), "+pids");
  }
  EXPECT_EQ(text("cgroup.subtree_control").substr(0, 5), "-pids");
  EXPECT_EQ(text("cgroup.procs"), "17\n");
}

TEST_F(ControlGroupTest, TheRootOfTheHierarchyKeepsItsProcesses) {
  fs::remove(folder_ / "cgroup.type");
  const ControlGroup group(folder_.path(), "x", limits_);
  EXPECT_FALSE(fs::exists(folder_ / "x.others"));
  EXPECT_EQ(text("x/pids.max"), "9");
}

TEST_F(ControlGroupTest, AMissingControllerIsNamedAndNothingIsTouched) {
  file("cgroup.controllers", "cpu pids\n");
  try {
    const ControlGroup group(folder_.path(), "x", limits_);
    FAIL();
  } catch (const base::Failure& failure) {
    EXPECT_EQ(failure.what(), "the control group " + folder_.path().string() +
                                  " has not been given the controllers memory for --memory");
  }
  EXPECT_FALSE(fs::exists(folder_ / "x"));
  EXPECT_EQ(text("cgroup.subtree_control"), "\n");
}

TEST_F(ControlGroupTest, AFailureUndoesWhatWasDone) {
  fs::create_directory(folder_ / "x");
  EXPECT_THROW(ControlGroup(folder_.path(), "x", limits_), base::SystemError);
  EXPECT_TRUE(fs::exists(folder_ / "x"));  // somebody else's
  EXPECT_EQ(text("cgroup.subtree_control"), "-memory -cpu -pids");
}

TEST_F(ControlGroupTest, TheOwnGroupIsFoundAndHasToBeTheUsers) {
  EXPECT_EQ(group_directory("/r", "4:memory:/x\n").error(),
            "this process is not in a cgroup of version 2");
  EXPECT_EQ(*group_directory("/r", "1:name=systemd:/\n0::/a/b\n"), "/r/a/b");
  fs::create_directory(folder_ / "own");
  EXPECT_EQ(*delegated_directory(folder_.path(), "0::/own\n"), folder_.path().string() + "/own");
  const auto other = delegated_directory(folder_.path(), "0::/no/such/group\n");
  EXPECT_EQ(other.error().rfind(folder_.path().string() + "/no/such/group is not yours", 0), 0U);
}

}  // namespace
}  // namespace nsrun::launcher
