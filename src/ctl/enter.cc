// SPDX-License-Identifier: Apache-2.0
#include "ctl/enter.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>

#include "base/fd.hh"
#include "base/time.hh"
#include "ctl/instances.hh"
#include "nsrun/instance.hh"
#include "os/fd_passing.hh"
#include "os/process.hh"

namespace nsrun::ctl {
namespace {

namespace fs = std::filesystem;

// Connected to the netns-run of the instance, and nobody else.
base::Fd connect_to_entrance(const std::string& instance) {
  const Processes processes = processes_of(instance);
  const std::string attempted = fmt::format("enter the instance \"{}\"", instance);
  base::Fd socket(base::check(attempted, ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)));
  limit_waits(socket);
  const base::UnixAddress address = entrance_address(geteuid(), processes.launcher_pid);
  if (connect(socket.number(), address.get(), address.length()) != 0) {
    if (errno != ECONNREFUSED) base::throw_errno(attempted);
    throw base::Failure(
        fmt::format("\"{}\" cannot be entered: it runs no command yet, or was started by an older "
                    "version of netns-run",
                    instance));
  }
  const ucred peer = os::peer_of(socket);
  const bool is_alive = !os::ends_by(processes.launcher, base::now());
  if (peer.uid != geteuid() || peer.pid != processes.launcher_pid || !is_alive) {
    throw base::Failure(fmt::format("\"{}\" is about to end", instance));
  }
  return socket;
}

// netns-run beside this program, as installed and as built; else in PATH. Comes back on failure.
void become_netns_run(std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::error_code unknown;
  const fs::path own = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  for (const fs::path& directory : {own, own / "../../launcher"}) {
    execv((directory / words.front()).c_str(), arguments.data());
    if (errno != ENOENT && errno != ENOTDIR) return;
  }
  execvp(words.front().c_str(), arguments.data());
}

}  // namespace

void run_in_instance(const std::string& instance, const std::vector<std::string>& command) {
  try {
    const base::Fd socket = connect_to_entrance(instance);
    base::check("pass a socket on", fcntl(socket.number(), F_SETFD, 0));
    std::vector<std::string> words{"netns-run", fmt::format("--enter={}", socket.number())};
    words.insert(words.end(), command.begin(), command.end());
    become_netns_run(words);
    base::throw_errno("run netns-run, which enters the instance");
  } catch (const std::exception& error) {
    throw NotEntered(error.what());
  }
}

}  // namespace nsrun::ctl
