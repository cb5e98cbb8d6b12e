// SPDX-License-Identifier: Apache-2.0
#include "helper/resolv_conf_watcher.hh"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace nsrun::helper {
namespace {

namespace fs = std::filesystem;
using Servers = std::vector<wire::IpAddress>;

class ResolvConfWatcherTest : public testing::Test {
 protected:
  ResolvConfWatcherTest() {
    char pattern[] = "/tmp/nsrun-resolv-XXXXXX";
    directory_ = mkdtemp(pattern);
    path_ = directory_ / "resolv.conf";
  }
  ~ResolvConfWatcherTest() override { fs::remove_all(directory_); }

  fs::path write(const std::string& name, const std::string& server) {
    std::ofstream(directory_ / name) << "nameserver " << server << "\n";
    return directory_ / name;
  }
  void watch() {
    watcher_.emplace(context_, path_, [this](Servers servers) { seen_.push_back(servers); });
  }
  // What the watcher has reported since the last call, joined.
  std::string seen() {
    watcher_->look();
    std::string text;
    for (const Servers& servers : seen_) {
      for (const wire::IpAddress& server : servers) text += server.to_string() + " ";
    }
    seen_.clear();
    return text;
  }

  control::MainContext context_;
  fs::path directory_;
  fs::path path_;
  std::vector<Servers> seen_;
  std::optional<ResolvConfWatcher> watcher_;
};

TEST_F(ResolvConfWatcherTest, AnUnchangedFileIsNotReported) {
  write("resolv.conf", "192.0.2.1");
  watch();
  EXPECT_EQ(seen(), "");
}

TEST_F(ResolvConfWatcherTest, EditsAndRenamesAreSeen) {
  write("resolv.conf", "192.0.2.1");
  watch();
  write("resolv.conf", "192.0.2.200");
  EXPECT_EQ(seen(), "192.0.2.200 ");
  fs::rename(write("new", "192.0.2.3"), path_);
  EXPECT_EQ(seen(), "192.0.2.3 ");
}

TEST_F(ResolvConfWatcherTest, ASwitchedLinkAndAChangedTargetAreSeen) {
  fs::create_symlink(write("a", "192.0.2.1"), path_);
  write("b", "192.0.2.2");
  watch();
  fs::remove(path_);
  fs::create_symlink("b", path_);
  EXPECT_EQ(seen(), "192.0.2.2 ");
  fs::rename(write("c", "192.0.2.3"), directory_ / "b");
  EXPECT_EQ(seen(), "192.0.2.3 ");
}

TEST_F(ResolvConfWatcherTest, WhileThereIsNoFileTheLastServersStay) {
  write("resolv.conf", "192.0.2.1");
  watch();
  fs::remove(path_);
  EXPECT_EQ(seen(), "");
  write("resolv.conf", "192.0.2.2");
  EXPECT_EQ(seen(), "192.0.2.2 ");
}

TEST_F(ResolvConfWatcherTest, NoFileAndNoServerMeanLoopback) {
  EXPECT_EQ(read_name_servers(path_), Servers{wire::kLoopbackV4});
  std::ofstream(path_) << "search example.com\n";
  EXPECT_EQ(read_name_servers(path_), Servers{wire::kLoopbackV4});
}

// Container engines make one where the file to be mounted was missing.
TEST_F(ResolvConfWatcherTest, ADirectoryInItsPlaceMeansLoopback) {
  write("resolv.conf", "192.0.2.1");
  watch();
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(seen(), "127.0.0.1 ");
}

TEST_F(ResolvConfWatcherTest, TheContextsTimerLooks) {
  write("resolv.conf", "192.0.2.1");
  watch();
  write("resolv.conf", "192.0.2.22");
  while (seen_.empty()) context_.iterate(true);
  EXPECT_EQ(seen_.front().front().to_string(), "192.0.2.22");
}

}  // namespace
}  // namespace nsrun::helper
