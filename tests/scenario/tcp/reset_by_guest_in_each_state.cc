// SPDX-License-Identifier: Apache-2.0
//
// The guest's reset, with exactly the next number, ends the connection at once and without an
// answer.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, ResetByGuestInSynReceived) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack());
  flow.is(State::kSynReceived);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInEstablished) {
  guest_connected();
  flow.is(State::kEstablished);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInFinWait1) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  flow.is(State::kFinWait1);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInFinWait2) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  flow.is(State::kFinWait2);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInCloseWait) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  flow.is(State::kCloseWait);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInClosing) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin().ack(1));
  relay.sends(ack(2));
  flow.is(State::kClosing);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInLastAck) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  host.ends();
  relay.sends(fin());
  flow.is(State::kLastAck);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

TEST_P(Scenario, ResetByGuestInTimeWait) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin());
  relay.sends(ack(2));
  flow.is(State::kTimeWait);
  guest.sends(rst());
  flow.is(State::kClosed);
  flow.has_no_deadline();
  relay.is_silent();
}

}  // namespace nsrun::tcp
