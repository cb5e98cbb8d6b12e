// SPDX-License-Identifier: Apache-2.0
#include "launcher/helper_process.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "base/error.hh"
#include "launcher/own_programs.hh"
#include "nsrun/exit_status.hh"
#include "nsrun/instance.hh"
#include "os/fd_passing.hh"

namespace nsrun::launcher {
namespace {

// How long an orderly end may take before it is enforced.
constexpr auto kPatience = std::chrono::seconds(2);

void silence_input_and_output() {
  const base::Fd null(base::check("open /dev/null", ::open("/dev/null", O_RDWR | O_CLOEXEC)));
  for (const int number : {0, 1}) {
    base::check("close a standard stream", ::dup2(null.number(), number));
  }
  // Standard error stays; where it is closed its number must not become something else.
  if ((::fcntl(2, F_GETFD) & FD_CLOEXEC) != 0) {
    base::check("close a standard stream", ::dup2(null.number(), 2));
  }
}

// For netns-ctl.
std::string shown_command(const Options& options) {
  if (options.command.empty()) return "--netns " + options.netns;
  return fmt::format("{}", fmt::join(options.command, " "));
}

int become_helper(const std::string& helper, const base::Fd& socket, base::FdView launcher,
                  const Options& options, const CallerState& caller,
                  const os::PassedSockets& sockets) {
  std::vector<int> passed{socket.number()};
  std::vector<std::string> words = helper_arguments(helper, socket.number(), options);
  words.push_back("--instance=" + to_text({.name = options.name,
                                           .started = caller.started,
                                           .command = shown_command(options)}));
  for (const os::PassedSocket& published : sockets.all()) {
    passed.push_back(published.fd.number());
    words.push_back(fmt::format("--listen-fd={}:{}", published.fd.number(), published.guest_port));
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  try {
    // The hang-up of its socket tells it more gently, unless it is stopped.
    os::end_with_parent(launcher);
    base::check("start a session", ::setsid());
    silence_input_and_output();
    os::close_fds_except(passed);
    for (const int number : passed) {
      base::check("pass a socket to the helper", ::fcntl(number, F_SETFD, 0));
    }
    restore_signals(caller);
    base::check(fmt::format("cannot run {}", helper), ::execv(helper.c_str(), arguments.data()));
  } catch (const base::SystemError& error) {
    os::send_message(socket, encode(Answer{.is_ready = false, .reason = error.what()}));
  }
  return kExitOwnFailure;
}

}  // namespace

std::vector<std::string> helper_arguments(const std::string& helper, int socket_number,
                                          const Options& options) {
  std::vector<std::string> words{helper, fmt::format("--launcher-fd={}", socket_number),
                                 "--cidr=" + options.cidr, fmt::format("--mtu={}", options.mtu)};
  words.push_back(options.plan.has_v6 ? "--cidr6=" + options.cidr6 : "--disable-ipv6");
  for (const rules::PortRule& rule : options.publish) {
    words.insert(words.end(), {"-p", rule.to_string()});
  }
  for (const rules::AutoRule& rule : options.publish_auto) {
    words.insert(words.end(), {"-p", rule.to_string()});
  }
  for (const rules::PortRule& rule : options.host_ports) {
    words.insert(words.end(), {"-L", rule.to_string()});
  }
  for (const rules::UnixRule& rule : options.publish_unix) {
    words.insert(words.end(), {"-p", rule.to_string()});
  }
  for (const rules::UnixRule& rule : options.host_sockets) {
    words.insert(words.end(), {"-L", rule.to_string()});
  }
  if (options.publish_fallback) words.push_back("--publish-fallback");
  if (!options.no_publish_loopback) words.push_back("--publish-loopback");
  // It would change settings of a network that is somebody else's.
  if (!options.no_splice && options.netns.empty()) words.push_back("--splice");
  if (!options.allow_host_loopback) words.push_back("--disable-host-loopback");
  if (!options.allow_link_local) words.push_back("--deny-link-local");
  if (!options.has_dns) words.push_back("--disable-dns");
  for (const wire::IpAddress& server : options.names.servers) {
    words.push_back(fmt::format("--dns={}", server));
  }
  if (options.no_sandbox) words.push_back("--no-sandbox");
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.push_back(fmt::format("{}={}", option, value));
  };
  add("--tcp-engine", options.tcp_engine);
  add("--outbound-addr", options.outbound_address);
  add("--outbound-addr6", options.outbound_address_v6);
  add("--api-socket", options.api_socket);
  if (options.lowest_shown == base::log::Level::kDebug) words.push_back("--verbose");
  if (options.lowest_shown == base::log::Level::kError) words.push_back("--quiet");
  return words;
}

std::unique_ptr<HelperProcess> HelperProcess::start(const Options& options,
                                                    const CallerState& caller,
                                                    const os::PassedSockets& sockets) {
  const std::string helper = find_helper();
  auto [ours, theirs] = os::make_seqpacket_pair();
  const base::Fd launcher = os::open_pidfd(::getpid());
  os::Child child = os::Child::start([&, &theirs = theirs] {
    return become_helper(helper, theirs, launcher, options, caller, sockets);
  });
  return std::unique_ptr<HelperProcess>(new HelperProcess(std::move(child), std::move(ours)));
}

HelperProcess::~HelperProcess() {
  socket_.close();
  try {
    // Afterwards the Child itself kills and reaps.
    child_.wait_until(base::now() + kPatience);
  } catch (const base::SystemError&) {
  }
}

void HelperProcess::introduce(base::FdView tap, base::FdView inherited) {
  const std::array fds{tap, inherited};
  os::send_message(socket_, encode(Hello{}), std::span(fds).first(inherited.is_open() ? 2 : 1));
}

std::optional<base::Result<HelperMessage>> HelperProcess::receive() {
  try {
    auto message = os::receive_message(socket_);
    // Of a helper that ended without having read our hello the kernel tells that first, and only
    // then what the helper said.
    if (!message) message = os::receive_message(socket_);
    if (!message) return std::nullopt;
    return decode_helper_message(message->bytes);
  } catch (const base::SystemError& error) {
    return base::Error{error.what()};
  }
}

std::string HelperProcess::how_it_ended() {
  const auto ending = child_.wait_until(base::now() + kPatience);
  if (!ending) return "it closed its socket";
  if (ending->signal != 0) return fmt::format("killed by signal {}", ending->signal);
  return fmt::format("exit status {}", ending->exit_code);
}

}  // namespace nsrun::launcher
