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

// letters is every mail with the notice, by the name of its golden files.
func letters(n templates.Notice, method string) map[string]templates.Mail {
	return map[string]templates.Mail{
		"mail_factor_enrolled": templates.FactorEnrolledMail{Notice: n, Method: method},
		"mail_factor_removed":  templates.FactorRemovedMail{Notice: n, Method: method},
		"mail_backup_codes":    templates.BackupCodesMail{Notice: n},
		"mail_password_set":    templates.PasswordSetMail{Notice: n},
		"mail_tries_exhausted": templates.TriesExhaustedMail{Notice: n},
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
	n := templates.Notice{Tenant: "Acme", At: at(12, 14), Address: "192.0.2.7"}
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
		_, plainText, plainHTML := renderMail(t, lang, templates.FactorEnrolledMail{Notice: templates.Notice{Tenant: "harmless", At: at(1, 2), Address: "harmless"}, Method: "harmless"})
		want, lines := shape(nodes(t, plainHTML)), strings.Count(plainText, "\n")
		for i, s := range hostile {
			for name, m := range letters(templates.Notice{Tenant: s, At: at(1, 2), Address: s}, s) {
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
