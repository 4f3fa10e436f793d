package config

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const variablePrefix = "SALLYPORT_"

var (
	plainVariable = regexp.MustCompile(`^[A-Z0-9_]{1,80}$`)
	// What the kubelet sets in every pod of a namespace with a Service called
	// sallyport.
	serviceLink = regexp.MustCompile(`^SALLYPORT_(SERVICE_(HOST|PORT)|PORT)(_|$)`)
)

func split(env []string) map[string]string {
	variables := map[string]string{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	return variables
}

func variable(path string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

func (l *loader) environment(variables map[string]string) {
	known := map[string]string{}
	for path := range l.targets {
		known[variable(path)] = path
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		path, ok := known[name]
		switch {
		case ok:
			l.override(Problem{Source: name, Path: path}, variables[name])
		case foreign(name):
		default:
			l.unknown(name, known)
		}
	}
}

func foreign(name string) bool {
	return !strings.HasPrefix(name, variablePrefix) ||
		strings.HasPrefix(name, variablePrefix+"TEST_") ||
		strings.HasPrefix(name, variablePrefix+"CONFIG")
}

func (l *loader) unknown(name string, known map[string]string) {
	switch {
	case !plainVariable.MatchString(name):
		l.fail(Problem{Source: variablePrefix + "*"}, "a variable with this prefix has a malformed name")
	case serviceLink.MatchString(name):
		l.fail(Problem{Source: name}, "unknown variable; Kubernetes sets it for a Service named sallyport, "+
			"turn that off with enableServiceLinks: false in the pod")
	default:
		l.fail(Problem{Source: name}, "unknown variable, did you mean %s?", nearest(name, slices.Sorted(maps.Keys(known))))
	}
}

func (l *loader) override(at Problem, text string) {
	l.origins[at.Path] = at
	target := l.targets[at.Path]
	list, ok := target.(*[]netip.Prefix)
	switch {
	case !utf8.ValidString(text):
		l.fail(at, "is not UTF-8 text")
	case ok:
		l.replace(at, list, text)
	default:
		l.assign(at, target, text)
	}
}

// A list in the environment replaces the list of the file, as any value does.
func (l *loader) replace(at Problem, list *[]netip.Prefix, text string) {
	*list = nil
	if strings.TrimSpace(text) == "" {
		return
	}
	for i, part := range strings.Split(text, ",") {
		here := Problem{Source: at.Source, Path: fmt.Sprintf("%s[%d]", at.Path, i)}
		l.assign(here, list, strings.TrimSpace(part))
	}
}

func (l *loader) assign(at Problem, target any, text string) {
	if err := assign(target, text); err != nil {
		l.fail(at, "%v", err)
	}
}
