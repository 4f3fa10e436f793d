package config

import (
	"net/netip"
	"reflect"
	"time"
)

// setting is one key of the file; target points into the Config it came from.
type setting struct {
	path   string
	target any // *string, *Secret, *int, *bool, *time.Duration or *[]netip.Prefix
}

func (c *Config) settings() []setting { return walk("", reflect.ValueOf(c).Elem()) }

func walk(prefix string, section reflect.Value) []setting {
	var all []setting
	for i := range section.NumField() {
		path := prefix + section.Type().Field(i).Tag.Get("yaml")
		if section.Field(i).Kind() == reflect.Struct {
			all = append(all, walk(path+".", section.Field(i))...)
			continue
		}
		all = append(all, setting{path, section.Field(i).Addr().Interface()})
	}
	return all
}

func targets(settings []setting) map[string]any {
	all := make(map[string]any, len(settings))
	for _, s := range settings {
		all[s.path] = s.target
	}
	return all
}

func assign(target any, text string) (err error) {
	switch target := target.(type) {
	case *string:
		*target = text
	case *Secret:
		*target = Secret(text)
	case *int:
		*target, err = parseInt(text)
	case *bool:
		*target, err = parseBool(text)
	case *time.Duration:
		*target, err = parseDuration(text)
	case *[]netip.Prefix:
		var prefix netip.Prefix
		prefix, err = parsePrefix(text)
		*target = append(*target, prefix)
	}
	return err
}
