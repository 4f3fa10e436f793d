package templates

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	text "github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed locales/*.json
var locales embed.FS

// parser refuses a message whose data is missing: "in <no value> minutes" must never be read by anyone.
var parser = &text.TextParser{Option: "missingkey=error"}

// catalogue is the words of one language.
type catalogue struct {
	tag       language.Tag
	localizer *i18n.Localizer
	plural    map[string]bool // keys whose message has plural forms; go-i18n refuses a count for any other
}

// catalogues begins with English, which is what the matcher falls back to.
var catalogues = load()

func load() []*catalogue {
	entries, err := locales.ReadDir("locales")
	if err != nil {
		panic("templates: list locales: " + err.Error())
	}
	bundle := i18n.NewBundle(language.English)
	plural := map[language.Tag]map[string]bool{}
	for _, entry := range entries {
		file, err := bundle.LoadMessageFileFS(locales, "locales/"+entry.Name())
		if err != nil {
			panic("templates: load locale: " + err.Error())
		}
		plural[file.Tag] = counted(file.Messages)
	}
	var all []*catalogue
	for _, tag := range bundle.LanguageTags() {
		all = append(all, &catalogue{tag, i18n.NewLocalizer(bundle, tag.String()), plural[tag]})
	}
	return all
}

func counted(messages []*i18n.Message) map[string]bool {
	keys := map[string]bool{}
	for _, m := range messages {
		keys[m.ID] = m.Zero+m.One+m.Two+m.Few+m.Many != ""
	}
	return keys
}

// text returns the message of this key with named data; strings in data are made plain, and Count or Minutes selects the plural.
func (c *catalogue) text(key string, data map[string]any) (string, error) {
	config := i18n.LocalizeConfig{MessageID: key, TemplateData: harmless(data), TemplateParser: parser}
	if c.plural[key] {
		config.PluralCount = cmp.Or(data["Count"], data["Minutes"])
	}
	out, err := c.localizer.Localize(&config)
	if err != nil {
		return "", fmt.Errorf("message %q: %w", key, err)
	}
	return out, nil
}

func harmless(data map[string]any) map[string]any {
	safe := make(map[string]any, len(data))
	for name, value := range data {
		if s, ok := value.(string); ok {
			value = plain(s)
		}
		safe[name] = value
	}
	return safe
}

// pairs is text for templates, which have no map literals: {{t "key" "Name" .Name}}.
func (c *catalogue) pairs(key string, pairs ...any) (string, error) {
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		data[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return c.text(key, data)
}

// known returns the message kind.name with named data, or name itself when it is not one of ours, as with a scope of the tenant's own.
func (c *catalogue) known(kind, name string, pairs ...any) (string, error) {
	out, err := c.pairs(kind+"."+name, pairs...)
	if missing := new(i18n.MessageNotFoundErr); errors.As(err, &missing) {
		return plain(name), nil
	}
	return out, err
}

// families are the data of sentences that are codes of ours, and the messages that name them.
var families = map[string]string{"Method": "method", "Grade": "grade", "ACR": "acr", "Required": "acr", "Reached": "acr", "Before": "outcome", "After": "outcome"}

// sentence returns the words of a passage; codes of ours in its data are named as everywhere else, and Rules are listed.
func (c *catalogue) sentence(p Passage) (string, error) {
	data := maps.Clone(p.Data)
	for field, family := range families {
		code, ok := data[field].(string)
		if !ok {
			continue
		}
		name, err := c.known(family, cmp.Or(code, "none"))
		if err != nil {
			return "", err
		}
		data[field] = name
	}
	if names, ok := data["Rules"].([]string); ok {
		list, err := c.rules(names)
		if err != nil {
			return "", err
		}
		data["Rules"] = list
	}
	return c.text(p.Key, data)
}

// listed is text whose parts are plain already: a list may be longer than a name.
type listed string

// rules names those of a decision; "rule:" stands before the name of one that an administrator wrote.
func (c *catalogue) rules(names []string) (listed, error) {
	all := make([]string, len(names))
	for i, name := range names {
		own, written := strings.CutPrefix(name, "rule:")
		out, err := c.known("rule", name)
		if written {
			out, err = c.pairs("policy.rule", "Name", own)
		}
		if err != nil {
			return "", err
		}
		all[i] = out
	}
	return listed(strings.Join(all, "; ")), nil
}

// when returns a time in the language's own form, in UTC and saying so, for we know nobody's time zone; the zero time is "Never".
func (c *catalogue) when(at time.Time) (string, error) {
	if at.IsZero() {
		return c.text("when.never", nil)
	}
	return c.dated("when.form", at)
}

// day is when without the hour.
func (c *catalogue) day(at time.Time) (string, error) { return c.dated("when.day", at) }

func (c *catalogue) dated(form string, at time.Time) (string, error) {
	at = at.UTC()
	month, err := c.text("month."+strconv.Itoa(int(at.Month())), nil)
	if err != nil {
		return "", err
	}
	return c.text(form, map[string]any{
		"Day": at.Day(), "Month": month, "Year": at.Year(),
		"Hour": at.Format("15"), "Minute": at.Format("04"),
	})
}
