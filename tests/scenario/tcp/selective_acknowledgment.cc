// SPDX-License-Identifier: Apache-2.0
//
// RFC 2018: a guest that asks for it is told what lies behind its holes, the latest first, and
// sends nothing of that again.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, SelectiveAcknowledgment) {
  guest.sends(syn().sack_permitted());
  host.connects();
  relay.sends(syn_ack().ack(1).sack_permitted());
  guest.sends(ack(1));
  keeps_early = true;

  guest.sends(data(1000).seq(1));
  relay.sends(ack(1001).sack({}));
  guest.loses(data(1000).seq(1001));
  guest.sends(data(1000).seq(2001));
  relay.sends(ack(1001).sack({{2001, 3001}}));
  guest.loses(data(1000).seq(3001));
  guest.sends(data(1000).seq(4001));
  relay.sends(ack(1001).sack({{4001, 5001}, {2001, 3001}}));

  // The first hole is filled, the second one is not.
  guest.sends(data(1000).seq(1001));
  relay.sends(ack(3001).sack({{4001, 5001}}));
  guest.sends(data(1000).seq(3001));
  relay.sends(ack(5001).sack({}));
  host.has_received(5000);
}

// Data on its way to the guest leaves no room for it.
TEST_P(Scenario, SelectiveAcknowledgmentNeverBesideData) {
  guest.sends(syn().sack_permitted());
  host.connects();
  relay.sends(syn_ack().ack(1).sack_permitted());
  guest.sends(ack(1));
  keeps_early = true;
  guest.sends(data(1000).seq(1001));
  relay.sends(ack(1).sack({{1001, 2001}}));
  host.gives(1000);
  relay.sends(data(1000).ack(1).sack({}));
}

TEST_P(Scenario, SelectiveAcknowledgmentOnlyForAGuestThatAsksForIt) {
  guest.sends(syn());
  host.connects();
  relay.sends(syn_ack().ack(1).sack_permitted(false));
  guest.sends(ack(1));
  keeps_early = true;
  guest.sends(data(1000).seq(1001));
  relay.sends(ack(1).sack({}));
}

// Ours is the first word: the guest's SYN-ACK decides.
TEST_P(Scenario, SelectiveAcknowledgmentForAClient) {
  host.client_arrives();
  relay.sends(syn().sack_permitted());
  guest.sends(syn_ack().sack_permitted());
  relay.sends(ack(1));
  keeps_early = true;
  guest.sends(data(1000).seq(1001));
  relay.sends(ack(1).sack({{1001, 2001}}));
}

TEST_P(Scenario, SelectiveAcknowledgmentNotForAClientOfAGuestThatCannot) {
  host.client_arrives();
  relay.sends(syn().sack_permitted());
  guest.sends(syn_ack());
  relay.sends(ack(1));
  keeps_early = true;
  guest.sends(data(1000).seq(1001));
  relay.sends(ack(1).sack({}));
}

}  // namespace nsrun::tcp
