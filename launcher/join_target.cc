// SPDX-License-Identifier: Apache-2.0
#include "launcher/join_target.hh"

#include <fmt/format.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/error.hh"
#include "os/namespace.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

using os::NamespaceKind;

constexpr std::string_view kNamedNamespaces = "/run/netns/";
constexpr std::string_view kProcesses = "/proc/";
constexpr std::string_view kNetworkOfProcess = "/ns/net";

[[noreturn]] void fail(const std::string& word, const std::string& reason) {
  throw base::Failure(fmt::format("--netns \"{}\": {}", word, reason));
}

std::optional<pid_t> parse_process(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  return is_whole && pid > 0 ? std::optional(pid) : std::nullopt;
}

std::string user_of(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? fmt::format("user {}", uid) : entry->pw_name;
}

base::Fd hold_process(const std::string& word, pid_t pid) {
  try {
    return os::open_pidfd(pid);
  } catch (const base::SystemError& error) {
    if (error.error_number() == ESRCH) fail(word, "there is no such process");
    fail(word, error.what());
  }
}

std::string reason_not_opened(const NamedNamespace& named, int error_number) {
  if (named.process && (error_number == EACCES || error_number == EPERM)) {
    return "the process is another user's, or gained privileges: only root may look at it";
  }
  if (named.process) return "the process has ended";
  if (error_number == ENOENT && named.path.starts_with(kNamedNamespaces)) {
    return fmt::format(
        "there is no network namespace of that name ({}; \"ip netns list\" shows "
        "those that exist)",
        named.path);
  }
  return base::error_text(error_number);
}

base::Fd open_network(const std::string& word, const NamedNamespace& named) {
  base::Fd network;
  try {
    network = os::open_namespace(named.path);
  } catch (const base::SystemError& error) {
    fail(word, reason_not_opened(named, error.error_number()));
  }
  if (!os::is_namespace(network, NamespaceKind::kNetwork)) {
    fail(word, fmt::format("{} is not a network namespace", named.path));
  }
  if (os::is_own_namespace(network, NamespaceKind::kNetwork)) {
    fail(word, "that is the network namespace of netns-run itself, which needs no connection");
  }
  return network;
}

base::Fd open_owner(const std::string& word, base::FdView network) {
  try {
    return os::owner_of_namespace(network);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EPERM) fail(word, error.what());
    fail(word, "it belongs to a user namespace outside this one: run netns-run where it was made");
  }
}

std::string reason_not_entered(base::FdView user) {
  if (os::is_own_namespace(user, NamespaceKind::kUser)) {
    return "it was made by root, as those of \"ip netns add\" are: run netns-run as root, or make "
           "one with \"unshare -Urn\"";
  }
  return fmt::format("it belongs to a user namespace of {}, and only they and root may enter it",
                     user_of(os::maker_of_namespace(user)));
}

}  // namespace

NamedNamespace parse_namespace(const std::string& word) {
  std::string_view number = word;
  if (number.starts_with(kProcesses) && number.ends_with(kNetworkOfProcess)) {
    number.remove_prefix(kProcesses.size());
    number.remove_suffix(std::min(kNetworkOfProcess.size(), number.size()));
  }
  if (const auto pid = parse_process(number)) {
    return {os::namespace_path(*pid, NamespaceKind::kNetwork), pid};
  }
  if (word.find('/') != std::string::npos) return {word, std::nullopt};
  return {fmt::format("{}{}", kNamedNamespaces, word), std::nullopt};
}

JoinTarget JoinTarget::find(const std::string& word) {
  JoinTarget target;
  target.word_ = word;
  const NamedNamespace named = parse_namespace(word);
  // Before anything else is asked about the process, so that its number stays its own.
  if (named.process) {
    target.process_ = hold_process(word, *named.process);
  } else {
    target.path_.emplace(named.path);
  }
  target.network_ = open_network(word, named);
  target.user_ = open_owner(word, target.network_);
  return target;
}

void JoinTarget::enter() const {
  try {
    os::enter_user_and_network(user_, network_);
  } catch (const base::SystemError& error) {
    fail(word_, error.error_number() == EPERM ? reason_not_entered(user_) : error.what());
  }
}

base::FdView JoinTarget::fd() const noexcept { return path_ ? path_->fd() : process_.view(); }

bool JoinTarget::has_ended() noexcept {
  if (path_) return path_->is_gone();
  return os::ends_by(process_, base::now());
}

}  // namespace nsrun::launcher
