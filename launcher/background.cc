// SPDX-License-Identifier: Apache-2.0
#include "launcher/background.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.hh"
#include "os/process.hh"

namespace nsrun::launcher {
namespace {

bool is_file(int number) noexcept {
  struct stat status {};
  return ::fstat(number, &status) == 0 && S_ISREG(status.st_mode);
}

std::pair<base::Fd, base::Fd> make_stream_pair() {
  std::array<int, 2> ends{};
  base::check("make a socket pair",
              ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
  return {base::Fd(ends[0]), base::Fd(ends[1])};
}

base::Fd open_null() {
  return base::Fd(base::check("open /dev/null", ::open("/dev/null", O_RDWR | O_CLOEXEC)));
}

// False at the end of what there is to read.
bool copy_to_standard_error(base::FdView from, int flags = 0) noexcept {
  std::array<char, 4096> buffer;
  const ssize_t count = ::recv(from.number(), buffer.data(), buffer.size(), flags);
  return count > 0 && ::write(STDERR_FILENO, buffer.data(), static_cast<size_t>(count)) == count;
}

// The last status that was told.
std::optional<int> last_answer(base::FdView answers, base::FdView errors) {
  std::optional<int> answer;
  for (;;) {
    std::array entries{pollfd{answers.number(), POLLIN, 0}, pollfd{errors.number(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) {
      base::throw_errno("wait for the background");
    }
    if (entries[1].revents != 0 && !copy_to_standard_error(errors)) errors = {};
    if (entries[0].revents == 0) continue;
    unsigned char status = 0;
    if (::recv(answers.number(), &status, 1, 0) <= 0) break;
    answer = status;
  }
  return answer;
}

int wait_for(os::Child background, base::FdView answers, base::FdView errors) {
  const auto answer = last_answer(answers, errors);
  if (!answer) {  // all that could speak are about to end
    while (copy_to_standard_error(errors)) {
    }
    return background.wait().status();
  }
  while (copy_to_standard_error(errors, MSG_DONTWAIT)) {
  }
  background.disown();
  return *answer;
}

}  // namespace

std::optional<int> Background::enter() {
  auto [answers, our_answers] = make_stream_pair();
  auto [errors, our_errors] = make_stream_pair();
  pid_ = base::check("start a process", ::fork());
  if (pid_ == 0) {
    answers.close();
    errors.close();
    become_background(std::move(our_answers), std::move(our_errors));
    return std::nullopt;
  }
  our_answers.close();
  our_errors.close();
  return wait_for(os::Child::adopt(pid_), answers, errors);
}

void Background::become_background(base::Fd answers, base::Fd errors) {
  pid_ = ::getpid();
  answers_ = std::move(answers);
  base::check("start a session", ::setsid());
  const base::Fd null = open_null();
  base::check("leave standard input", ::dup2(null.number(), STDIN_FILENO));
  if (!is_file(STDOUT_FILENO)) {
    base::check("leave standard output", ::dup2(null.number(), STDOUT_FILENO));
  }
  if (is_file(STDERR_FILENO)) return;
  errors_ = std::move(errors);
  speak_again();
}

void Background::tell(int status) {
  if (!answers_.is_open()) return;
  const auto byte = static_cast<unsigned char>(status);
  base::check("tell netns-run that it may end", ::send(answers_.number(), &byte, 1, MSG_NOSIGNAL));
}

void Background::fall_silent() noexcept {
  if (!errors_.is_open()) return;
  const base::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null.is_open()) ::dup2(null.number(), STDERR_FILENO);
}

void Background::speak_again() noexcept {
  if (errors_.is_open()) ::dup2(errors_.number(), STDERR_FILENO);
}

void Background::let_go() noexcept {
  fall_silent();
  errors_.close();
  answers_.close();
}

}  // namespace nsrun::launcher
