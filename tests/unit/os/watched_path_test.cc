// SPDX-License-Identifier: Apache-2.0
#include "os/watched_path.hh"

#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_folder.hh"

namespace nsrun::os {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMilliseconds = 20'000;

class WatchedPathTest : public testing::Test {
 protected:
  std::string file(const std::string& name) {
    std::ofstream(folder_ / name) << "";
    return folder_ / name;
  }

  test::TemporaryFolder folder_;
};

TEST_F(WatchedPathTest, IsGoneOnceRemovedOrRenamed) {
  const std::string path = file("netns");
  WatchedPath watched(path);
  EXPECT_FALSE(watched.is_gone());
  fs::rename(path, folder_ / "elsewhere");
  EXPECT_TRUE(watched.is_gone());
}

TEST_F(WatchedPathTest, TheDescriptorTellsOfIt) {
  const std::string path = file("netns");
  WatchedPath watched(path);
  fs::remove(path);
  pollfd entry{watched.fd().number(), POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, kPatienceMilliseconds), 1);
  EXPECT_TRUE(watched.is_gone());
}

TEST_F(WatchedPathTest, IsGoneWithItsDirectory) {
  fs::create_directory(folder_ / "state");
  const std::string path = file("state/netns");
  WatchedPath watched(path);
  fs::remove_all(folder_ / "state");
  EXPECT_TRUE(watched.is_gone());
}

TEST(WatchedPath, NeedsNoDirectoryThatCanBeWatched) {
  EXPECT_FALSE(WatchedPath("/proc/self/ns/net").is_gone());
  EXPECT_TRUE(WatchedPath("/proc/4194305/ns/net").is_gone());
}

}  // namespace
}  // namespace nsrun::os
