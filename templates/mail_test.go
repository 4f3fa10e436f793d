package templates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/language"

	"sallyport/templates"
)

const link = "https://id.example.com/l/abc_-123?x=1"

// letters is every mail with the notice, by the name of its golden files.
func letters(n templates.Notice, word string) map[string]templates.Mail {
	return map[string]templates.Mail{
		"mail_factor_enrolled":          templates.FactorEnrolledMail{Notice: n, Method: word},
		"mail_factor_removed":           templates.FactorRemovedMail{Notice: n, Method: word},
		"mail_backup_codes":             templates.BackupCodesMail{Notice: n},
		"mail_backup_code_used":         templates.BackupCodeUsedMail{Notice: n, Left: 1},
		"mail_backup_codes_gone":        templates.BackupCodeUsedMail{Notice: n},
		"mail_password_set":             templates.PasswordSetMail{Notice: n},
		"mail_tries_exhausted":          templates.TriesExhaustedMail{Notice: n},
		"mail_email_changed":            templates.EmailChangedMail{Notice: n},
		"mail_email_change_asked":       templates.EmailChangeAskedMail{Notice: n, Email: word},
		"mail_email_in_use":             templates.EmailInUseMail{Notice: n},
		"mail_break_glass_own":          templates.BreakGlassOwnMail{Notice: n},
		"mail_access_code_used_admin":   templates.AccessCodeUsedAdminMail{Notice: n, User: word},
		"mail_factors_reset_admin":      templates.FactorsResetAdminMail{Notice: n, User: word},
		"mail_access_code_issued":       templates.AccessCodeIssuedMail{Notice: n},
		"mail_access_code_used":         templates.AccessCodeUsedMail{Notice: n},
		"mail_factors_reset":            templates.FactorsResetMail{Notice: n},
		"mail_device_stolen":            templates.DeviceStolenMail{Notice: n},
		"mail_objected":                 templates.ObjectedMail{Notice: n, User: word},
		"mail_break_glass":              templates.BreakGlassMail{Notice: n, User: word},
		"mail_access_code_issued_admin": templates.AccessCodeIssuedAdminMail{Notice: n, User: word},
		"mail_identity_linked":          templates.IdentityLinkedMail{Notice: n, Connection: word},
		"mail_identity_unlinked":        templates.IdentityUnlinkedMail{Notice: n, Connection: word},
		"mail_connection_created":       templates.ConnectionCreatedMail{Notice: n, Connection: word},
		"mail_connection_changed":       templates.ConnectionChangedMail{Notice: n, Connection: word},
		"mail_connection_disabled":      templates.ConnectionDisabledMail{Notice: n, Connection: word},
		"mail_connection_enabled":       templates.ConnectionEnabledMail{Notice: n, Connection: word},
		"mail_domain_connected":         templates.DomainConnectedMail{Notice: n, Domain: word},
		"mail_domain_lost":              templates.DomainLostMail{Notice: n, Domain: word},
		"mail_code":                     templates.CodeMail{Notice: n, Code: "012345", Minutes: 5},
		"mail_password_reset":           templates.PasswordResetMail{Notice: n, Link: link, Minutes: 1},
		"mail_email_confirm":            templates.EmailConfirmMail{Notice: n, Link: link, Hours: 24},
		"mail_email_change":             templates.EmailChangeMail{Notice: n, Link: link},
	}
}

func renderMail(t *testing.T, lang language.Tag, m templates.Mail) (subject, text, html string) {
	t.Helper()
	subject, text, html, err := templates.RenderMail(lang, m)
	if err != nil {
		t.Fatal(err)
	}
	return subject, text, html
}

func TestR20MailsMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	n := templates.Notice{Tenant: "Acme", At: at(12, 14), Address: "192.0.2.7", ObjectLink: link}
	for _, lang := range templates.Languages() {
		for name, m := range letters(n, "totp") {
			subject, text, html := renderMail(t, lang, m)
			matches(t, filepath.Join("testdata", lang.String(), name+".txt"), "Subject: "+subject+"\n\n"+text)
			matches(t, filepath.Join("testdata", lang.String(), name+".html"), html)
		}
	}
}

func matches(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s; look at it and run with -update\n%s", path, got)
	}
}

func TestMailTellsWhatIsKnownAndNoMore(t *testing.T) {
	t.Parallel()
	for _, lang := range templates.Languages() {
		for name, m := range letters(templates.Notice{At: at(12, 14)}, "") {
			subject, text, html := renderMail(t, lang, m)
			for _, part := range []string{subject, text, html} {
				if strings.Contains(part, "no value") || strings.Contains(part, "{{") || strings.Contains(part, ": .") {
					t.Errorf("%s %s: hole in the text: %s", lang, name, part)
				}
			}
			if !strings.Contains(subject, templates.Product) || strings.Contains(text, ": \n") {
				t.Errorf("%s %s: %s\n%s", lang, name, subject, text)
			}
		}
	}
}

func TestI07HostileTextsInMailsAreInert(t *testing.T) {
	t.Parallel()
	for _, lang := range templates.Languages() {
		tame := letters(templates.Notice{Tenant: "harmless", At: at(1, 2), Address: "harmless"}, "harmless")
		for i, s := range hostile {
			for name, m := range letters(templates.Notice{Tenant: s, At: at(1, 2), Address: s}, s) {
				_, tameText, tameHTML := renderMail(t, lang, tame[name])
				want, lines := shape(nodes(t, tameHTML)), strings.Count(tameText, "\n")
				subject, text, html := renderMail(t, lang, m)
				if got := shape(nodes(t, html)); got != want {
					t.Errorf("%s: text %d changes the mail:\n%s", name, i, got)
				}
				if strings.Count(text, "\n") != lines || !strings.Contains(subject, "evil") {
					t.Errorf("%s: text %d adds lines or is gone: %q\n%s", name, i, subject, text)
				}
				if strings.ContainsAny(subject+text+html, "\r\x00\x1b\u202e\u2066\u200f") || strings.Contains(subject, "\n") || utf8.RuneCountInString(subject) > 200 {
					t.Errorf("%s: text %d: control characters or too long: %.300q", name, i, subject)
				}
			}
		}
	}
}

func TestCodesComeFirstAndMailsWithCodesHoldNoLink(t *testing.T) {
	t.Parallel()
	for _, lang := range templates.Languages() {
		m := letters(templates.Notice{Tenant: "Acme", At: at(1, 2), ObjectLink: link}, "totp")["mail_code"]
		subject, text, html := renderMail(t, lang, m)
		first, _, _ := strings.Cut(text, "\n")
		if !strings.HasPrefix(subject, "012345") || !strings.HasPrefix(first, "012345") {
			t.Errorf("%s: subject %q, first line %q", lang, subject, first)
		}
		if strings.Contains(text+html, "://") || strings.Contains(html, "<a") {
			t.Errorf("%s: a link in\n%s\n%s", lang, text, html)
		}
	}
}

func TestNoticesCarryTheLinkThatSaysItWasNotMe(t *testing.T) {
	t.Parallel()
	n := templates.Notice{At: at(1, 2), ObjectLink: link}
	without := n
	without.ObjectLink = ""
	_, text, html := renderMail(t, language.English, templates.PasswordSetMail{Notice: n})
	anchors := pick(nodes(t, html), tagged("a"))
	if !strings.Contains(text, "\n"+link+"\n") || len(anchors) != 1 || anchors[0].attrs["href"] != link || anchors[0].text != "This was not me" {
		t.Errorf("no link in\n%s\n%s", text, html)
	}
	_, text, html = renderMail(t, language.English, templates.PasswordSetMail{Notice: without})
	if !strings.Contains(text, "administrators at once") || strings.Contains(html, "<a") {
		t.Errorf("without a link:\n%s\n%s", text, html)
	}
}

func TestI07MailsAreNotRenderedWithAnythingButWebAddressesAsLinks(t *testing.T) {
	t.Parallel()
	bad := append([]string{"/relative", "https:///path", "mailto:kari@acme.example", "https://kari@acme.example/", "https://a b.example/"}, hostile...)
	for _, s := range bad {
		for _, m := range []templates.Mail{templates.PasswordResetMail{Link: s}, templates.EmailConfirmMail{Link: s}, templates.PasswordSetMail{Notice: templates.Notice{ObjectLink: s}}} {
			if subject, _, _, err := templates.RenderMail(language.English, m); err == nil || subject != "" {
				t.Errorf("%T: %.60q was taken", m, s)
			}
		}
	}
	_, text, _ := renderMail(t, language.English, templates.PasswordResetMail{Link: "https://id.example.com/a\u2028b c"})
	if strings.Contains(text, "\u2028") || strings.Contains(text, "b c") {
		t.Errorf("the link is not one word: %q", text)
	}
}
