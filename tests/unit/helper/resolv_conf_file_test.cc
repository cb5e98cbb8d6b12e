// SPDX-License-Identifier: Apache-2.0
#include "helper/resolv_conf_file.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/temporary_folder.hh"

namespace nsrun::helper {
namespace {

namespace fs = std::filesystem;
using Servers = std::vector<dns::Upstream>;

class ResolvConfFileTest : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& server) {
    std::ofstream(folder_ / name) << "nameserver " << server << "\n";
    return folder_ / name;
  }
  void watch() { file_.emplace(path_); }
  // What a look brings, joined.
  std::string seen() {
    std::string text;
    for (const dns::Upstream& server : file_->look().value_or(Servers{})) {
      text += server.address.to_string() + " ";
    }
    return text;
  }

  test::TemporaryFolder folder_;
  fs::path path_ = folder_ / "resolv.conf";
  std::optional<ResolvConfFile> file_;
};

TEST_F(ResolvConfFileTest, AnUnchangedFileIsNotReported) {
  write("resolv.conf", "192.0.2.1");
  watch();
  EXPECT_EQ(seen(), "");
}

TEST_F(ResolvConfFileTest, EditsAndRenamesAreSeen) {
  write("resolv.conf", "192.0.2.1");
  watch();
  write("resolv.conf", "192.0.2.200");
  EXPECT_EQ(seen(), "192.0.2.200 ");
  fs::rename(write("new", "192.0.2.3"), path_);
  EXPECT_EQ(seen(), "192.0.2.3 ");
}

TEST_F(ResolvConfFileTest, ASwitchedLinkAndAChangedTargetAreSeen) {
  fs::create_symlink(write("a", "192.0.2.1"), path_);
  write("b", "192.0.2.2");
  watch();
  fs::remove(path_);
  fs::create_symlink("b", path_);
  EXPECT_EQ(seen(), "192.0.2.2 ");
  fs::rename(write("c", "192.0.2.3"), folder_ / "b");
  EXPECT_EQ(seen(), "192.0.2.3 ");
}

TEST_F(ResolvConfFileTest, WhileThereIsNoFileTheLastServersStay) {
  write("resolv.conf", "192.0.2.1");
  watch();
  fs::remove(path_);
  EXPECT_EQ(seen(), "");
  write("resolv.conf", "192.0.2.2");
  EXPECT_EQ(seen(), "192.0.2.2 ");
}

TEST_F(ResolvConfFileTest, NoFileAndNoServerMeanLoopback) {
  EXPECT_EQ(read_name_servers(path_), Servers{wire::kLoopbackV4});
  std::ofstream(path_) << "search example.com\n";
  EXPECT_EQ(read_name_servers(path_), Servers{wire::kLoopbackV4});
}

TEST_F(ResolvConfFileTest, AZoneBecomesTheInterfaceOfALinkLocalAddressOnly) {
  write("resolv.conf", "fe80::1%7\nnameserver 2001:db8::1%7\nnameserver fe80::2%no-such");
  EXPECT_EQ(read_name_servers(path_), (Servers{{*wire::IpAddress::parse("fe80::1"), 7},
                                               *wire::IpAddress::parse("2001:db8::1"),
                                               *wire::IpAddress::parse("fe80::2")}));
}

TEST_F(ResolvConfFileTest, OfThousandsOfServersTheFirstCount) {
  std::ofstream file(path_);
  for (int i = 0; i < 6000; ++i) file << "nameserver 192.0.2." << i % 250 + 1 << "\n";
  file.close();
  EXPECT_EQ(read_name_servers(path_).size(), 16U);
}

TEST_F(ResolvConfFileTest, APipeThatNobodyWritesToMeansLoopback) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(read_name_servers(path_), Servers{wire::kLoopbackV4});
}

// Container engines make one where the file to be mounted was missing.
TEST_F(ResolvConfFileTest, ADirectoryInItsPlaceMeansLoopback) {
  write("resolv.conf", "192.0.2.1");
  watch();
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(seen(), "127.0.0.1 ");
}

}  // namespace
}  // namespace nsrun::helper
