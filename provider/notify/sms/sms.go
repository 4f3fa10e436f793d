// Package sms sends short text messages and knows what a phone number is.
//
// It owns three ways to hand a text over: an HTTP gateway that the operator describes by templates (Gateway), the
// Messages API of Twilio and those who speak it (Twilio), and SMPP 3.4 (SMPP); and which numbers are sent to at all
// (Number), how they are shown (Mask) and counted (Prefix). It does not own what a text says (templates), when and how
// often one is sent, or which countries a tenant allows. The instance makes one Sender of its configuration; whoever
// delivers messages calls Send, and whoever takes a number from a person calls Number first.
//
// Addresses are set by the operator and so may be private; what a server answers is never trusted to keep a code to
// itself, and therefore reaches an error only as words that are in neither the text nor the credentials.
//
// Dependencies: linxGnu/gosmpp, for the PDUs and the alphabet of SMPP and the loops of a bound connection;
// nyaruka/phonenumbers, for the plans of numbers of the world, which change monthly and are not ours to keep.
package sms

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"
)

// Text is one message to one phone. To is E.164 with its plus, Body is UTF-8, ID is ours and may be empty.
type Text struct{ ID, To, Body string }

// Sender hands a text to a network. The errors ErrRecipient and ErrText are final, any other is worth another try; none
// holds the body or a credential. Implementations are safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, t Text) error
}

// The errors that trying again does not mend: of the constructors, of a number that is none or that the network
// refuses for good, and of a text that no network takes.
var (
	ErrConfig    = errors.New("malformed configuration of text messages")
	ErrRecipient = errors.New("phone number is refused")
	ErrText      = errors.New("malformed text message")
)

// The caps: on one conversation, on what a server answers (octets), and on a body (characters; ten parts of UCS-2).
const (
	patience    = 10 * time.Second
	longest     = 64 << 10
	longestBody = 670
)

var (
	// A separator or a line break in a number is a second recipient to some gateways (gauntlet I07).
	e164 = regexp.MustCompile(`\A\+[1-9][0-9]{6,14}\z`)
	// An identifier goes into headers and addresses as it is.
	harmless = regexp.MustCompile(`\A[A-Za-z0-9._-]{0,100}\z`)
	// A sender is a number, a short code, or a name of eleven characters (3GPP TS 23.040, 9.1.2.5) with a letter in it.
	numeric = regexp.MustCompile(`\A\+?[0-9]{3,15}\z`)
	name    = regexp.MustCompile(`\A[A-Za-z0-9 &._-]{1,11}\z`)
)

// fit says whether the text may go out at all.
func fit(t Text) error {
	switch {
	case !e164.MatchString(t.To):
		return ErrRecipient
	case !harmless.MatchString(t.ID):
		return fmt.Errorf("%w: identifier", ErrText)
	case t.Body == "" || !utf8.ValidString(t.Body) || utf8.RuneCountInString(t.Body) > longestBody:
		return fmt.Errorf("%w: body", ErrText)
	}
	return nil
}

func configured(ok bool, what string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrConfig, what)
}

func sender(from string) error {
	return configured(from == "" || numeric.MatchString(from) || name.MatchString(from), "sender")
}

// within is the wait that was asked for; nobody may wait longer than the cap.
func within(asked time.Duration) time.Duration {
	if asked <= 0 || asked > patience {
		return patience
	}
	return asked
}
