// SPDX-License-Identifier: Apache-2.0
#include "ctl/instances.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "base/fd.hh"
#include "ctl/guest_processes.hh"
#include "nsrun/api.hh"
#include "nsrun/instance.hh"
#include "os/fd_passing.hh"
#include "os/process.hh"
#include "os/text_file.hh"
#include "rules/text.hh"

namespace nsrun::ctl {
namespace {

using nlohmann::json;

constexpr const char* kUnixSockets = "/proc/net/unix";
constexpr timeval kForAnswer{.tv_sec = 10, .tv_usec = 0};
// A stranger under one of our names may let us wait here.
constexpr timeval kForRoom{.tv_sec = 1, .tv_usec = 0};
// Num RefCount Protocol Flags Type St Inode Path
constexpr size_t kFlagsColumn = 3;
constexpr size_t kPathColumn = 7;
constexpr std::string_view kIsListening = "00010000";  // __SO_ACCEPTCON

[[noreturn]] void throw_no_such(const std::string& instance) {
  const std::vector<std::string> names = running_instances();
  throw NoSuchInstance(
      names.empty()
          ? fmt::format("there is no instance \"{}\": none of yours runs on this host", instance)
          : fmt::format("there is no instance \"{}\"; running: {}", instance,
                        fmt::join(names, ", ")));
}

// The result of send(2) or recv(2).
size_t moved(const std::string& instance, ssize_t count) {
  if (count >= 0) return static_cast<size_t>(count);
  if (errno == EINTR) return 0;
  throw NoAnswer(instance, errno);
}

void send_all(base::FdView socket, const std::string& instance, std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(
        moved(instance, send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL)));
  }
}

std::string receive_all(base::FdView socket, const std::string& instance) {
  std::string text;
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t count = recv(socket.number(), piece.data(), piece.size(), 0);
    if (count == 0) return text;
    text.append(piece.data(), moved(instance, count));
  }
}

std::string reason_in(const json& answer) {
  const json error = answer.value("error", json::object());
  for (const char* member : {"reason", "desc"}) {
    if (error.is_object() && error.contains(member)) return error[member].get<std::string>();
  }
  return "";
}

// One line, and nothing behind it.
std::string receive_line(base::FdView socket, const std::string& instance) {
  std::string line;
  while (!line.ends_with('\n')) {
    char byte = 0;
    const ssize_t count = recv(socket.number(), &byte, 1, 0);
    if (count == 0) break;
    line.append(&byte, moved(instance, count));
  }
  return line;
}

// What stands under "return".
json returned_by(const std::string& instance, const std::string& text) {
  const json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object() && answer.contains("return")) return answer["return"];
  const std::string reason = answer.is_object() ? reason_in(answer) : "";
  if (reason.empty()) throw NoAnswer(instance, ECONNRESET);
  throw base::Failure(reason);
}

json ask_over(base::FdView socket, const std::string& instance, const json& request) {
  send_all(socket, instance, request.dump());
  return returned_by(instance, receive_all(socket, instance));
}

[[noreturn]] void throw_unseen(const std::string& instance) {
  throw base::Failure(fmt::format(
      "the netns-run of \"{}\" cannot be seen from here, or is about to end", instance));
}

}  // namespace

NoAnswer::NoAnswer(const std::string& instance, int error_number)
    : Failure(error_number == EAGAIN
                  ? fmt::format("the instance \"{}\" does not answer; is it stopped?", instance)
                  : fmt::format("the instance \"{}\" ended before it answered", instance)),
      has_ended_(error_number != EAGAIN) {}

std::vector<std::string> names_in(std::string_view proc_net_unix, unsigned uid) {
  const std::string prefix = "@" + control_socket_name(uid, "");
  std::set<std::string> names;
  rules::for_each_line(proc_net_unix, [&](std::string_view line) {
    const auto columns = rules::split_words(line);
    if (columns.size() != kPathColumn + 1 || columns[kFlagsColumn] != kIsListening) return;
    const std::string_view path = columns[kPathColumn];
    if (!path.starts_with(prefix)) return;
    const std::string_view name = path.substr(prefix.size());
    if (is_instance_name(name)) names.emplace(name);
  });
  return {names.begin(), names.end()};
}

std::vector<std::string> running_instances() {
  const auto text = os::read_text(kUnixSockets);
  if (!text) throw base::Failure(text.error());
  return names_in(*text, geteuid());
}

base::Fd connect_to(const std::string& instance) {
  if (!is_instance_name(instance)) throw_no_such(instance);
  const base::UnixAddress address = control_socket_address(geteuid(), instance);
  const std::string attempted = fmt::format("connect to the instance \"{}\"", instance);
  base::Fd socket(base::check(attempted, ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  limit_waits(socket);
  if (connect(socket.number(), address.get(), address.length()) != 0) {
    if (errno == ECONNREFUSED) throw_no_such(instance);
    if (errno == EAGAIN) throw NoAnswer(instance, errno);
    base::throw_errno(attempted);
  }
  if (os::peer_of(socket).uid != geteuid()) throw_no_such(instance);
  return socket;
}

void limit_waits(base::FdView socket) {
  for (const auto& [option, limit] :
       {std::pair{SO_RCVTIMEO, kForAnswer}, std::pair{SO_SNDTIMEO, kForRoom}}) {
    base::check("limit the time of waiting",
                setsockopt(socket.number(), SOL_SOCKET, option, &limit, sizeof limit));
  }
}

json ask(const std::string& instance, const json& request) {
  return ask_over(connect_to(instance), instance, request);
}

void ask_for_stream(base::FdView socket, const std::string& instance, const json& request) {
  send_all(socket, instance, request.dump());
  returned_by(instance, receive_line(socket, instance));
}

Processes processes_of(const std::string& instance) {
  const base::Fd socket = connect_to(instance);
  const pid_t helper = os::peer_of(socket).pid;
  const pid_t launcher = parent_of(helper);
  if (launcher <= 0) throw_unseen(instance);
  Processes processes{.launcher = os::open_pidfd(launcher),
                      .helper = os::open_pidfd(helper),
                      .launcher_pid = launcher};
  // It answers, so it lived when its descriptor was made; and so did its parent, if it still is.
  const json info = ask_over(socket, instance, {{"execute", api::kInfo}});
  if (info.at("pid") != launcher || parent_of(helper) != launcher) throw_unseen(instance);
  return processes;
}

}  // namespace nsrun::ctl
