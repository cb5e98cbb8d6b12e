// SPDX-License-Identifier: Apache-2.0
#include "helper/outside.hh"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "control/path_socket.hh"
#include "dataplane/outside_words.hh"
#include "dataplane/process_answer.hh"
#include "os/fd_passing.hh"
#include "os/socket_address.hh"
#include "support/temporary_folder.hh"

namespace nsrun::helper {
namespace {

namespace fs = std::filesystem;

constexpr int kPatienceMilliseconds = 20'000;

class OutsideTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  static std::optional<OutsideNews> next_news(Outside& outside) {
    pollfd entry{outside.fd().number(), POLLIN, 0};
    if (poll(&entry, 1, kPatienceMilliseconds) <= 0) return std::nullopt;
    return outside.receive();
  }

  test::TemporaryFolder folder_;
  OutsideTask task_{ResolvConfFile("/dev/null")};
};

TEST_F(OutsideTest, TellsNewNameServers) {
  const std::string path = file("resolv.conf", "nameserver 192.0.2.1\n");
  task_.resolv_conf = ResolvConfFile(path);
  Outside outside = Outside::start(task_);
  outside.wait_for_lock_down();
  fs::rename(file("new", "nameserver 192.0.2.7\nnameserver 2001:db8::1\n"), path);
  const NewNameServers expected{
      {*wire::IpAddress::parse("192.0.2.7"), *wire::IpAddress::parse("2001:db8::1")}};
  EXPECT_EQ(next_news(outside), OutsideNews(expected));
}

TEST_F(OutsideTest, TellsThatTheTargetsPathIsGone) {
  task_.target_path = file("netns", "");
  Outside outside = Outside::start(task_);
  outside.wait_for_lock_down();
  fs::remove(task_.target_path);
  EXPECT_EQ(next_news(outside), OutsideNews(TargetIsGone{}));
}

TEST_F(OutsideTest, RemovesTheSocketWhenTheHelperEnds) {
  const std::string path = file("api.sock", "");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  task_.socket_files = {control::SocketFile{path, status.st_dev, status.st_ino}};
  { const Outside outside = Outside::start(task_); }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(OutsideTest, LeavesAFileThatTookTheSocketsPlace) {
  const std::string path = file("api.sock", "");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  task_.socket_files = {control::SocketFile{path, status.st_dev, status.st_ino}};
  {
    const Outside outside = Outside::start(task_);
    fs::rename(file("other", "precious"), path);
  }
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(OutsideTest, RemovesEachSocket) {
  for (const char* name : {"api.sock", "web.sock"}) {
    const std::string path = file(name, "");
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    task_.socket_files.push_back({path, status.st_dev, status.st_ino});
  }
  { const Outside outside = Outside::start(task_); }
  for (const control::SocketFile& each : task_.socket_files) EXPECT_FALSE(fs::exists(each.path));
}

// errno of the answer to a request for a connection; 0 with a socket that is connected.
int answer_of(base::FdView requests, uint32_t number) {
  os::send_message(requests, base::bytes_of(dataplane::HostSocketRequest{number}));
  auto message = os::receive_message(requests);
  if (!message) return ENOTCONN;
  const dataplane::ProcessAnswer answer = dataplane::decode_process_answer(std::move(*message));
  os::SocketAddress peer;
  peer.length = sizeof peer.storage;
  EXPECT_EQ(answer.error == 0, getpeername(answer.socket.number(), peer.get(), &peer.length) == 0);
  return answer.error;
}

TEST_F(OutsideTest, ConnectsToHostSocketsByTheirNumber) {
  const std::string path = folder_ / "service";
  task_.host_sockets = {folder_ / "nobody", path};
  Outside outside = Outside::start(task_);
  const base::Fd requests = outside.take_requests();
  EXPECT_EQ(answer_of(requests, 1), ENOENT);
  const control::PathSocket service(path);
  EXPECT_EQ(answer_of(requests, 1), 0);
  EXPECT_EQ(answer_of(requests, 0), ENOENT);
  EXPECT_EQ(answer_of(requests, 2), EINVAL);
}

TEST_F(OutsideTest, TellsNewsAfterNobodyAsksAnyMore) {
  const std::string path = file("resolv.conf", "nameserver 192.0.2.1\n");
  task_.resolv_conf = ResolvConfFile(path);
  task_.host_sockets = {folder_ / "nobody"};
  Outside outside = Outside::start(task_);
  outside.wait_for_lock_down();
  EXPECT_EQ(answer_of(outside.take_requests(), 0), ENOENT);
  // It may have looked at the file once more with that request.
  for (const char* address : {"192.0.2.7", "192.0.2.8"}) {
    fs::rename(file("new", std::string("nameserver ") + address + "\n"), path);
    EXPECT_EQ(next_news(outside), OutsideNews(NewNameServers{{*wire::IpAddress::parse(address)}}));
  }
}

// A helper that follows a dead one makes its socket anew, and a file system may give a number
// again.
TEST_F(OutsideTest, LeavesANewFileEvenWhereNumbersAreGivenAgain) {
  const std::string path = file("api.sock", "");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  task_.socket_files = {control::SocketFile{path, status.st_dev, status.st_ino}};
  {
    const Outside outside = Outside::start(task_);
    fs::remove(path);
    file("api.sock", "precious");
  }
  EXPECT_TRUE(fs::exists(path));
}

TEST(OutsideNewsMessage, IsReadAsItWasWritten) {
  const OutsideNews servers = NewNameServers{{wire::kLoopbackV4, {wire::kLoopbackV6, 0x12345678}}};
  EXPECT_EQ(decode_outside_news(encode(servers)), servers);
  EXPECT_EQ(decode_outside_news(encode(TargetIsGone{})), OutsideNews(TargetIsGone{}));
}

TEST(OutsideNewsMessage, AnythingElseIsNone) {
  EXPECT_EQ(decode_outside_news({}), std::nullopt);
  auto bytes = encode(NewNameServers{{wire::kLoopbackV4}});
  bytes.pop_back();
  EXPECT_EQ(decode_outside_news(bytes), std::nullopt);
  EXPECT_EQ(decode_outside_news(base::Bytes(bytes).first(1)), std::nullopt);
  EXPECT_EQ(decode_outside_news(base::bytes_of(std::array{'G', 'G'})), std::nullopt);
  EXPECT_EQ(decode_outside_news(base::bytes_of('x')), std::nullopt);
}

}  // namespace
}  // namespace nsrun::helper
