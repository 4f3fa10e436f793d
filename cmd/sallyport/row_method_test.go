package main_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestR6CodeOfAnyAppIsTaken(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	line := regexp.MustCompile(`oathtool --totp -b [A-Z2-7]+`).FindString(d.out)
	out, err := exec.Command("sh", "-c", line).Output()
	if err != nil || len(out) != len("123456\n") {
		t.Fatalf("%q: %q, %v", line, out, err)
	}
	c.enterAt(d, "Acme", grace)
	c.on("Confirm that it is you")
	c.says("Enter the 6-digit code from your authenticator app")
	c.code(strings.TrimSpace(string(out)))
	c.in()
	if got := c.claim("acr"); got != "urn:sallyport:acr:aal2" {
		t.Errorf("acr is %q", got)
	}
}

func TestR7R14R20PersonTurnsTwoStepSignInOnAndOffAndHearsOfBoth(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	p := d.person(t, "globex", "alan@globex.test")
	c.settings(d, p)
	c.see("My settings")
	c.says("Optional. We recommend it.")
	c.press("Add a second step")
	c.see("Choose a second step")
	key := c.enrolApp()
	c.see("My settings")
	c.says("Your second step is set up", "Authenticator app", "10 unused backup codes")
	d.mail(t, p.email, "Two-step sign-in has been set up for your account at Globex: Authenticator app", 0)

	// Signed in elsewhere, it is asked for, although the tenant does not require it.
	other := openChromium(t)
	other.open(d.app())
	other.press("Sign in without naming a tenant")
	other.prove(p)
	other.on("Confirm that it is you")
	other.code(codeOf(t, key, 1))
	other.on("Allow ")
	other.press("Do not allow")
	other.on("Sign in")
	other.says("access_denied")

	c.press("Remove")
	c.see("Remove ")
	c.says("your password alone is enough")
	c.press("Remove")
	c.on("My settings")
	c.says("no second step yet")
	d.mail(t, p.email, "has been removed: Authenticator app", 0)
	other.open(d.provider("/account")) // removing it ended the session there
	other.prove(p)
	other.on("My settings")
}

func TestR9ChoiceComesFirstAndCodesExpireAndAreSentAnew(t *testing.T) {
	d := show(t)
	const telephone = "+4791234512"
	d.policy(t, "acme", map[string]any{"code_seconds": 30})
	t.Cleanup(func() { d.policy(t, "acme", map[string]any{"code_seconds": 300}) })
	c := openChromium(t)
	texts, mails := d.newest(t, "text", telephone), d.newest(t, "mail", mary.email)
	c.enterAt(d, "Acme", mary)
	c.see("Choose how to confirm that it is you")
	c.says("Text message", "12", "E-mail code", "@acme.test")
	if d.newest(t, "text", telephone) != texts {
		t.Error("a text went out before anything was chosen")
	}
	c.press("Text message")
	texts, first := d.sent(t, "text", telephone, texts)
	c.poll(`document.querySelector('[role=timer]').innerText.startsWith('Valid for 0:')`, 20*time.Second)
	over := evaluate[int64](c, "Date.now()") + 30_000 // of here; the page counts whole seconds, and is over a little earlier
	c.see("Confirm that it is you")
	c.poll(fmt.Sprintf(`document.querySelector('[role=timer]').innerText.includes('expired') && Date.now() > %d`, over), time.Minute)
	c.code(first)
	c.alerted("has expired")
	c.press("Send a new code")
	c.on("Confirm that it is you")
	_, second := d.sent(t, "text", telephone, texts)
	c.code(first)
	c.alerted("not right")
	c.code(second)
	c.in()
	if d.newest(t, "mail", mary.email) != mails {
		t.Error("a mail went out, though the text was chosen")
	}
}

func TestR14PersonSetsUpATelephone(t *testing.T) {
	d := show(t)
	c := openChromium(t)
	c.enterAt(d, "Acme", d.person(t, "acme", "dorothy@acme.test"))
	c.on("Choose a second step")
	c.press("Text message")
	c.see("Set up codes by text message")
	c.typeInto("number", "12")
	c.enter("number")
	c.alerted("not a mobile number")
	c.typeInto("number", "912 34 567")
	c.enter("number")
	c.see("Enter the code we sent")
	_, code := d.sent(t, "text", "+4791234567", 0)
	c.code(code)
	c.keep()
	c.in()
	if amr := c.claim("amr"); !strings.Contains(amr, "sms") {
		t.Errorf("amr is %q", amr)
	}
}
