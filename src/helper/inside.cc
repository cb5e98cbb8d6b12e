// SPDX-License-Identifier: Apache-2.0
#include "helper/inside.hh"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"
#include "dataplane/inside_words.hh"
#include "helper/locked_down.hh"
#include "helper/system_calls.hh"
#include "os/fd_passing.hh"
#include "os/foreign_source.hh"
#include "os/listeners.hh"
#include "os/namespace.hh"
#include "os/signals.hh"
#include "os/tap.hh"

namespace nsrun::helper {
namespace {

using dataplane::InsideRequest;
using dataplane::send_socket_answer;

// What its end may take.
constexpr auto kPatience = std::chrono::seconds(1);

struct GuestNamespaces {
  base::FdView user;  // empty: the current one
  base::FdView network;
};

void enter(const GuestNamespaces& guest) {
  os::set_non_dumpable();  // from here on the guest's root could trace us
  if (guest.user.is_open()) os::enter_namespace(guest.user, os::NamespaceKind::kUser);
  os::enter_namespace(guest.network, os::NamespaceKind::kNetwork);
  os::set_non_dumpable();  // with fs.suid_dumpable=1 new credentials undo it
}

enum class Source { kOwn, kForeign };

void answer_with_socket(base::FdView channel, int family, Source source = Source::kOwn) {
  const base::Fd made(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  int error = made.is_open() ? 0 : errno;
  if (error == 0 && source == Source::kForeign) error = os::allow_foreign_source(made, family);
  send_socket_answer(channel, error, made);
}

void answer_with_list(base::FdView channel, std::optional<os::ListenerList>& listeners) {
  if (!listeners) return send_socket_answer(channel, EOPNOTSUPP, {});
  std::vector<wire::Listener> found;
  try {
    found = listeners->read();
  } catch (const base::SystemError& error) {
    return send_socket_answer(channel, error.error_number(), {});
  }
  std::vector<std::byte> answer(sizeof(int32_t));  // no error
  const auto list = wire::encode_listeners(found);
  answer.insert(answer.end(), list.begin(), list.end());
  os::send_message(channel, answer);
}

void answer(base::FdView channel, base::Bytes request, std::optional<os::ListenerList>& listeners) {
  if (request.size() == 1) {
    switch (static_cast<InsideRequest>(request[0])) {
      case InsideRequest::kTcpSocketV4:
        return answer_with_socket(channel, AF_INET);
      case InsideRequest::kTcpSocketV6:
        return answer_with_socket(channel, AF_INET6);
      case InsideRequest::kForeignTcpSocketV4:
        return answer_with_socket(channel, AF_INET, Source::kForeign);
      case InsideRequest::kForeignTcpSocketV6:
        return answer_with_socket(channel, AF_INET6, Source::kForeign);
      case InsideRequest::kListeners:
        return answer_with_list(channel, listeners);
    }
  }
  send_socket_answer(channel, EINVAL, {});
}

// Until the helper has ended.
void serve(base::FdView channel, std::optional<os::ListenerList>& listeners) {
  while (const auto message = os::receive_message(channel)) {
    answer(channel, message->bytes, listeners);
  }
}

// What remains of the rights there: for sockets with foreign sources.
std::optional<cap_value_t> prepare_namespace(const InsideTask& task) {
  if (!task.admits_foreign_sources) return std::nullopt;
  try {
    os::admit_foreign_sources();
    return CAP_NET_RAW;
  } catch (const base::SystemError& error) {
    base::log::debug("this host's clients of published ports pass through the TAP: {}",
                     error.what());
    return std::nullopt;
  }
}

// With the one thing that could not be opened afterwards.
std::optional<os::ListenerList> lock_down(const GuestNamespaces& guest, base::FdView channel,
                                          base::Fd helper, const InsideTask& task) {
  enter(guest);
  const int kept[] = {channel.number(), helper.number()};
  os::close_fds_except(kept);
  const std::optional<cap_value_t> rights = prepare_namespace(task);
  std::optional<os::ListenerList> listeners;
  if (task.lists_listeners) listeners.emplace();
  const std::vector<base::SystemCall> allowed = inside_calls();
  // What is missing here is missing in the helper too, which says so.
  sandbox::apply_stages(sandbox::isolation_stages_of_the_guest(), task.missing);
  os::end_with_parent(helper);  // new credentials would undo it
  helper.close();
  sandbox::apply_stages(sandbox::renunciation_stages(allowed, rights), task.missing);
  return listeners;
}

int run_inside(const GuestNamespaces& guest, base::FdView channel, base::Fd helper,
               const InsideTask& task) {
  std::optional<os::ListenerList> listeners;
  try {
    os::set_process_name("netns-inside");
    os::block_all_signals();
    listeners = lock_down(guest, channel, std::move(helper), task);
    say_locked_down(channel);
  } catch (const std::exception& error) {
    base::log::debug("no process in the guest's namespaces: {}", error.what());
    return EXIT_FAILURE;
  }
  try {
    serve(channel, listeners);
  } catch (const std::exception& error) {
    base::log::error("the process inside: {}", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace

Inside Inside::start(base::FdView guest_user_namespace, base::FdView tap, const InsideTask& task) {
  const base::Fd network = os::network_of(tap);
  if (!network.is_open()) return {};
  auto [ours, theirs] = os::make_seqpacket_pair();
  base::Fd helper = os::open_pidfd(getpid());
  os::Child child = os::Child::start([&, &our_end = ours, &channel = theirs] {
    our_end.close();
    return run_inside({guest_user_namespace, network}, channel, std::move(helper), task);
  });
  return Inside(std::move(child), std::move(ours));
}

dataplane::ProcessAnswer Inside::ask(InsideRequest request) {
  wait_for_lock_down();
  if (channel_.is_open()) {
    os::send_message(channel_, base::bytes_of(request));
    auto answer = os::receive_message(channel_);
    if (answer) return dataplane::decode_process_answer(std::move(*answer));
  }
  return {.error = ENOTCONN, .socket = {}, .more = {}};
}

base::Fd Inside::take_channel() {
  wait_for_lock_down();
  return std::move(channel_);
}

void Inside::wait_for_lock_down() {
  if (!channel_.is_open() || std::exchange(is_locked_down_, true)) return;
  // The end of one that could not is found with the first request.
  helper::wait_for_lock_down(channel_);
}

Inside::~Inside() {
  channel_.close();
  if (child_) child_->wait_or_disown(base::now() + kPatience);
}

}  // namespace nsrun::helper
